"""What the vendor tells communes: read with the commune of a host, in the same statement, and kept as long as it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet
from django.db.models.functions import JSONObject

from lps.kernel import clock
from tenants import context
from tenants.models import Commune, Notice

_FIELDS = {"pk": "pk", "kind": "kind", "text": "text", "slugs": "slugs", "since": "starts_at", "until": "ends_at"}


@dataclass(frozen=True, slots=True)
class Told:
    """A notice that stands or will; instants are true time."""

    pk: int
    kind: str
    text: str
    since: datetime
    until: datetime


def standing() -> ArraySubquery:
    """Every notice that has not ended, whatever communes it is for: an expression to read beside a commune."""
    return ArraySubquery(_standing().values(told=JSONObject(**_FIELDS)))


def maintenance_of(commune: Commune, *, at: datetime) -> Told | None:
    """The maintenance in which a commune is at `at` (true time): of several, the one that ends last."""
    found = [one for one in _of(commune) if one.kind == Notice.Kind.MAINTENANCE and one.since <= at < one.until]
    return max(found, key=lambda one: one.until, default=None)


def announcements_of(commune: Commune, *, at: datetime) -> list[Told]:
    """What the agents of a commune read at `at` (true time), the oldest first."""
    found = [one for one in _of(commune) if one.kind == Notice.Kind.ANNOUNCEMENT and one.since <= at < one.until]
    return sorted(found, key=lambda one: (one.since, one.pk))


def _of(commune: Commune) -> list[Told]:
    """Those of one commune. One that was not read by its host is asked for: one statement."""
    read: Iterable[dict[str, Any]] | None = getattr(commune, "notices", None)
    if read is None:
        with context.public():
            read = list(_standing().values_list(JSONObject(**_FIELDS), flat=True))
    return [_told(one) for one in read if not one["slugs"] or commune.slug in one["slugs"]]


def _told(one: dict[str, Any]) -> Told:
    since, until = (datetime.fromisoformat(one[name]) for name in ("since", "until"))
    return Told(one["pk"], one["kind"], one["text"], since, until)


def _standing() -> QuerySet[Notice]:
    return Notice.objects.filter(canceled_at__isnull=True, ends_at__gt=clock.real_now()).order_by("pk")
