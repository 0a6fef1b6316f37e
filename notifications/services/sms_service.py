"""What the town decides of its SMS service: the public form and its topics."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record, record_change
from notifications.models import SendingSettings, Topic
from notifications.services import subscriptions

# The town's own five, as it presented them in 2014.
USUAL_TOPICS = (
    "Informations sportives et culturelles",
    "Enfance",
    "Etat civil",
    "Actualités",
    "Infos Flash (Alerte travaux, incident sur voie, météo, etc.)",
)
_FORM = ("form_is_open", "welcome", "fields")


class TopicTaken(ValueError):
    """Two topics offered at once bear two names."""


def set_form(*, by: Actor, channel: Channel = Channel.OFFICE, **wanted: Any) -> None:
    """Open or close the public form, and say which fields it holds; writes what changed only."""
    with transaction.atomic():
        SendingSettings.objects.get_or_create(pk=1, defaults={"webhook_token": secrets.token_urlsafe(32)})
        row = SendingSettings.objects.select_for_update(of=("self",), no_key=True).get(pk=1)
        changed = [name for name in _FORM if name in wanted and getattr(row, name) != wanted[name]]
        before = {name: getattr(row, name) for name in changed}
        for name in changed:
            setattr(row, name, wanted[name])
        if changed:
            row.save(update_fields=changed)
        after: Mapping[str, Any] = {name: wanted[name] for name in changed}
        record_change((before, after), by=by, channel=channel, action="sms_form_changed", subject="sms_form")


def save_topic(*, topic: Topic | None, name: str, order: int, by: Actor, channel: Channel = Channel.OFFICE) -> Topic:
    """Add a topic or change one; raises `TopicTaken`."""
    row = topic or Topic()
    before = {"name": row.name, "order": row.order} if topic else None
    row.name, row.order = name, order
    try:
        with transaction.atomic():
            row.save()
            action, after = "topic_changed" if topic else "topic_added", {"name": name, "order": order}
            record(by=by, channel=channel, action=action, subject=f"topic:{row.pk}", before=before, after=after)
    except IntegrityError as error:
        raise TopicTaken(name) from error
    return row


def retire_topic(*, topic: Topic, at: datetime, by: Actor, channel: Channel = Channel.OFFICE) -> int:
    """Offer it no more: its subscriptions end; how many did."""
    with transaction.atomic():
        ended = subscriptions.retire(topic, at=at)
        after = {"name": topic.name, "ended": ended}
        record(by=by, channel=channel, action="topic_retired", subject=f"topic:{topic.pk}", after=after, at=at)
    return ended


def offer_usual_topics(*, by: Actor, channel: Channel = Channel.AUTOMATIC) -> list[Topic]:
    """The five of the presentation, in its order."""
    return [
        save_topic(topic=None, name=name, order=place, by=by, channel=channel)
        for place, name in enumerate(USUAL_TOPICS, 1)
    ]
