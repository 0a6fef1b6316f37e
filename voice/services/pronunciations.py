"""How the voice says the town's words: changed by agents, heard from the next call, written in the journal."""

from django.db import transaction

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants.wakeup import named_after_commit
from voice.models import Pronunciation

SUBJECT = "telephone"


def save_word(
    *, word: Pronunciation | None, written: str, spoken: str, by: Actor, channel: Channel = Channel.OFFICE
) -> Pronunciation:
    """Teach a word, or teach it otherwise. Raises IntegrityError for a word that somebody taught meanwhile."""
    with transaction.atomic():
        before = _told(word) if word else None
        row = word or Pronunciation()
        row.written, row.spoken = written, spoken
        row.save()
        named_after_commit()
        if before != _told(row):
            record(
                by=by, channel=channel, action="pronunciation_saved", subject=SUBJECT, before=before, after=_told(row)
            )
    return row


def remove_word(*, word: Pronunciation, by: Actor, channel: Channel = Channel.OFFICE) -> None:
    """Say a word as it is written again. Nothing happens the second time."""
    with transaction.atomic():
        told, (removed, _) = _told(word), Pronunciation.objects.filter(pk=word.pk).delete()
        if removed:
            named_after_commit()
            record(by=by, channel=channel, action="pronunciation_removed", subject=SUBJECT, before=told)


def _told(word: Pronunciation) -> dict[str, str]:
    return {"written": word.written, "spoken": word.spoken}
