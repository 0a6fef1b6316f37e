"""Sentences that somebody of the town recorded: received, heard, then used; taken away at any time.

What is kept is made by us from what was sent: a file of the telephone, cut, filtered, as loud as the voice.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel.refusals import Refusal
from tenants import context
from voice.gateway import wav
from voice.gateway.prompts import Store, wanted_recording
from voice.models import Recording

SUBJECT = "telephone"
MOST_BYTES = 6_000_000
LONGEST, SHORTEST = 30.0, 0.3  # seconds
DRAFTS = "voice-drafts"
DRAFTS_KEPT = timedelta(days=1)
_DIGEST = re.compile(r"[0-9a-f]{64}")


class RecordingRefused(ValueError):
    """`.refusal` says why: `too_heavy`, `not_wav`, `too_long`, `too_short`, `silent`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code)


class NoDraft(LookupError):
    """The recording was never received here, or is forgotten."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A recording that waits to be heard and used; it lasts so many seconds."""

    digest: str
    seconds: float


def receive(*, content: bytes) -> Draft:
    """Make a telephone's file of what was sent, and keep it for a day. Raises `RecordingRefused`."""
    made = _made(content)
    digest = hashlib.sha256(made).hexdigest()
    default_storage.save(_draft(digest), ContentFile(made))
    return Draft(digest, wav.seconds_of(made))


def draft(*, digest: str) -> bytes:
    """The sound of a draft of this town. Raises `NoDraft`."""
    content = default_storage.read(_draft(digest)) if _DIGEST.fullmatch(digest) else None  # type: ignore[attr-defined]
    if content is None:
        raise NoDraft(digest)
    return bytes(content)


def use(store: Store, *, words: str, digest: str, by: Actor, at: datetime) -> Recording:
    """Have families hear a draft where these words were said, from the next call. Raises `NoDraft`."""
    content = draft(digest=digest)
    default_storage.save(_file(digest), ContentFile(content))
    with transaction.atomic():
        before = Recording.objects.select_for_update(no_key=True).filter(words=words).first()
        told = _told(before) if before else None
        row, _ = Recording.objects.update_or_create(
            words=words, defaults={"digest": digest, "seconds": wav.seconds_of(content), "recorded_at": at}
        )
        if told != _told(row):
            _record("voice_recording_used", by=by, before=told, after=_told(row))
    store.keep(store.path(wanted_recording(words, digest), place=str(context.current().schema_name)), content)
    if told and told["digest"] != digest[:12]:
        _forget_file(str(before.digest) if before else "")
    return row


def remove(*, recording: Recording, by: Actor) -> None:
    """Have the voice say these words again. Nothing happens the second time."""
    with transaction.atomic():
        removed, _ = Recording.objects.filter(pk=recording.pk).delete()
        if removed:
            _record("voice_recording_removed", by=by, before=_told(recording), after=None)
    _forget_file(recording.digest)


def forget_drafts(*, at: datetime) -> int:
    """Forget what was received and never used; returns how many. Idempotent."""
    old = [name for name in default_storage.listdir(DRAFTS)[1] if _is_old(f"{DRAFTS}/{name}", at)]
    for name in old:
        default_storage.delete(f"{DRAFTS}/{name}")
    return len(old)


def _made(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise RecordingRefused("too_heavy")
    try:
        made = wav.finished(wav.read(content, longest=LONGEST))
    except wav.NotSound:
        raise RecordingRefused("not_wav") from None
    except wav.TooLong:
        raise RecordingRefused("too_long") from None
    except wav.Unheard:
        raise RecordingRefused("silent") from None
    if wav.seconds_of(made) < SHORTEST:
        raise RecordingRefused("too_short")
    return made


def _record(action: str, *, by: Actor, before: dict[str, str] | None, after: dict[str, str] | None) -> None:
    record(by=by, channel=Channel.OFFICE, action=action, subject=SUBJECT, before=before, after=after)


def _told(row: Recording) -> dict[str, str]:
    return {"words": row.words, "digest": row.digest[:12]}


def _forget_file(digest: str) -> None:
    """Two sentences may be one recording."""
    if not Recording.objects.filter(digest=digest).exists():
        default_storage.delete(_file(digest))


def _is_old(name: str, at: datetime) -> bool:
    return default_storage.get_modified_time(name) < at - DRAFTS_KEPT


def _draft(digest: str) -> str:
    return f"{DRAFTS}/{digest}.wav"


def _file(digest: str) -> str:
    return f"voice/{digest}.wav"
