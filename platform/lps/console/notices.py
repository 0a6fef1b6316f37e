"""What an operator tells communes: an announcement to agents, a maintenance. Written, then canceled; never changed."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from tenants import context, queries
from tenants.models import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is told, to which communes (none: all), from when to when (aware)."""

    kind: Notice.Kind
    text: str
    slugs: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime


def publish(*, words: Words, by: Actor) -> Notice:
    """Tell it; every process knows it within a second."""
    with transaction.atomic(), context.public():
        notice = Notice.objects.create(
            kind=words.kind,
            text=words.text,
            slugs=sorted(words.slugs),
            starts_at=words.starts_at,
            ends_at=words.ends_at,
            written_by=by.label[:120],
        )
        _record("notice_published", notice, by=by)
    queries.forget_hosts()
    return notice


def cancel(*, pk: int, by: Actor) -> bool:
    """Take it back, before or while it stands; False when it was over. Raises `Notice.DoesNotExist`."""
    with transaction.atomic(), context.public():
        now = clock.real_now()
        notice = Notice.objects.get(pk=pk)
        if not Notice.objects.filter(pk=pk, canceled_at__isnull=True, ends_at__gt=now).update(canceled_at=now):
            return False
        _record("notice_canceled", notice, by=by)
    queries.forget_hosts()
    return True


def notices() -> QuerySet[Notice]:
    """All of them, the one that starts last first."""
    return Notice.objects.order_by("-starts_at", "-pk")


def state_of(notice: Notice, *, now: datetime) -> str:
    """`canceled`, `over`, `coming` or `standing`."""
    if notice.canceled_at:
        return "canceled"
    if notice.ends_at <= now:
        return "over"
    return "coming" if notice.starts_at > now else "standing"


def unknown_among(slugs: tuple[str, ...]) -> list[str]:
    """Those that name no commune."""
    known = queries.names_of(slugs)
    return [slug for slug in slugs if slug not in known]


def _record(action: str, notice: Notice, *, by: Actor) -> None:
    after = {
        "kind": notice.kind,
        "text": notice.text,
        "communes": notice.slugs or "all",
        "from": notice.starts_at.isoformat(),
        "to": notice.ends_at.isoformat(),
    }
    record(by=by, channel=Channel.WEB, action=action, subject=f"notice:{notice.pk}", after=after)
