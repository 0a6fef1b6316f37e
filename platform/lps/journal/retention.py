"""How long the journal is kept, and what it tells of all that is purged: numbers, never a name."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.operations import purging
from lps.journal.services import record

KEPT = timedelta(days=365)
PURGER = Actor.system("durées de conservation")


def forget_old_entries(*, now: datetime) -> int:
    """Erase the entries of more than a year; returns how many. Twice erases nothing more."""
    with purging():
        count, _ = AuditEntry.objects.filter(at__lt=now - KEPT).delete()
        report({"audit_entries": count}, at=now)
    return count


def forget_entries(*, now: datetime, proofs: Collection[str], proved: timedelta) -> int:
    """The same, but that the actions which prove something are kept longer; the caller tells what was erased."""
    with purging():
        old, _ = AuditEntry.objects.filter(at__lt=now - KEPT).exclude(action__in=proofs).delete()
        oldest, _ = AuditEntry.objects.filter(at__lt=now - proved).delete()
    return old + oldest


def report(purged: Mapping[str, int], *, at: datetime) -> None:
    """Write what was purged, in numbers; nothing when nothing was."""
    told = {name: number for name, number in purged.items() if number}
    if told:
        record(by=PURGER, channel=Channel.AUTOMATIC, action="data_purged", subject="retention", after=told, at=at)
