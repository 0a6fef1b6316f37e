"""Writing the journal, in the transaction of what it tells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock, log_context


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written: facts only, JSON-ready, never a code or a secret."""

    by: Actor
    channel: Channel
    action: str
    subject: str
    before: Any = None
    after: Any = None
    at: datetime | None = None


def record(
    *,
    by: Actor,
    channel: Channel,
    action: str,
    subject: str,
    before: Any = None,
    after: Any = None,
    at: datetime | None = None,
) -> None:
    """Write one entry; `at` is aware and defaults to the clock."""
    record_many([Entry(by, channel, action, subject, before, after, at)])


def record_change(
    changed: tuple[Mapping[str, Any], Mapping[str, Any]], *, by: Actor, channel: Channel, action: str, subject: str
) -> None:
    """Write what stood before and what stands after; nothing when nothing changed."""
    before, after = changed
    if before or after:
        record(by=by, channel=channel, action=action, subject=subject, before=before, after=after)


def record_many(entries: Iterable[Entry]) -> None:
    """Write entries in one statement, whatever their number."""
    now = clock.now()
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=entry.at or now,
            actor_kind=entry.by.kind,
            actor_key=entry.by.key,
            actor_label=entry.by.label,
            channel=entry.channel,
            action=entry.action,
            subject=entry.subject,
            before=entry.before,
            after=entry.after,
            request_id=log_context.request_id.get(),
        )
        for entry in entries
    )
