"""Searching what was done: by period, author, kind of action, subject. Newest first, page after page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from lps.journal.models import AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; what is left out is not asked. `until` is not included.

    `subjects` are exact (`household:12`): None asks nothing, an empty one finds nothing.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor_kind: str = ""
    actor_key: str = ""
    action: str = ""
    subjects: Sequence[str] | None = None


def entries(search: Search, *, after: int | None = None, limit: int) -> list[AuditEntry]:
    """The newest entries that answer, at most `limit`; those that come after the entry of key `after`, if there is one.

    Two statements at most.
    """
    found = _matching(search)
    if after is not None and (last := AuditEntry.objects.filter(pk=after).first()):
        found = found.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    return list(found[:limit])


def _matching(search: Search) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.order_by("-at", "-pk")
    asked = {
        "at__gte": search.since,
        "at__lt": search.until,
        "actor_kind": search.actor_kind,
        "actor_key": search.actor_key,
        "action": search.action,
    }
    found = found.filter(**{name: value for name, value in asked.items() if value})
    return found if search.subjects is None else found.filter(subject__in=search.subjects)
