"""What a town decides of its telephone door, which counts from the next call; each change goes to the journal."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from django.db import transaction

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record, record_change
from tenants import context, keys
from tenants.lines import set_lines
from tenants.queries import lines_of
from tenants.town.queries import settings as town_settings
from tenants.town.services import change_settings as change_town
from tenants.wakeup import named_after_commit
from voice.models import VoiceSettings

SUBJECT = "telephone"
PROVIDER_SECRET = "voice_provider"


def change_settings(*, by: Actor, channel: Channel = Channel.OFFICE, **wanted: Any) -> None:
    """Set the given fields. Raises `ValidationError` for a value out of its bounds; nothing is saved then."""
    with transaction.atomic():
        VoiceSettings.objects.bulk_create([VoiceSettings(pk=1)], ignore_conflicts=True)
        row = VoiceSettings.objects.select_for_update(no_key=True).get(pk=1)
        after = {name: value for name, value in wanted.items() if getattr(row, name) != value}
        before = {name: getattr(row, name) for name in after}
        for name, value in after.items():
            setattr(row, name, value)
        row.full_clean()
        row.save()
        named_after_commit()
        changed = _told(before), _told(after)
        record_change(changed, by=by, channel=channel, action="voice_settings_changed", subject=SUBJECT)


def set_numbers(
    *, numbers: Sequence[str], shown: str, words: str, by: Actor, channel: Channel = Channel.OFFICE
) -> None:
    """Answer at these numbers (E.164), the first of which families read as `shown` with the town's `words`.

    Raises `tenants.lines.NumberTaken`; nothing is changed then.
    """
    commune = context.current()
    with transaction.atomic():
        was = {"numbers": sorted(lines_of(commune)), "voice_words": town_settings().voice_words}
        set_lines(commune=commune, numbers=numbers)
        change_town(voice_number=shown, voice_words=words)
        now = {"numbers": sorted(numbers), "voice_words": words}
        names = [name for name in now if was[name] != now[name]]
        changed = {name: was[name] for name in names}, {name: now[name] for name in names}
        record_change(changed, by=by, channel=channel, action="voice_numbers_changed", subject=SUBJECT)


def set_provider_secret(*, secret: str, by: Actor, channel: Channel = Channel.OFFICE) -> None:
    """Believe a provider of numbers under this secret, sealed; "" believes none any more."""
    with transaction.atomic():
        VoiceSettings.objects.bulk_create([VoiceSettings(pk=1)], ignore_conflicts=True)
        row = VoiceSettings.objects.select_for_update(no_key=True).get(pk=1)
        had = bool(row.provider_secret)
        row.provider_secret = keys.encrypt(secret, purpose=PROVIDER_SECRET) if secret else ""
        row.save(update_fields=["provider_secret"])
        if had or secret:
            record(
                by=by,
                channel=channel,
                action="voice_provider_changed",
                subject=SUBJECT,
                before={"provider": had},
                after={"provider": bool(secret)},
            )


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """As the journal keeps them: hours and days as texts."""
    return {name: str(value) if isinstance(value, date | time) else value for name, value in facts.items()}
