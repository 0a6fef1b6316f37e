"""What communes used month by month, for the vendor's own invoices: also of those that were erased since."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from lps.console import figures
from lps.console.figures import Figures
from lps.console.models import Erasure
from tenants import context
from tenants.models import Commune, CommuneState

MONTHS, AT_ONCE = 24, 50
# Those of a line, by the names that an erasure keeps them under.
KEPT = ("households", "children", "bookings", "invoices", "messages", "sms_parts", "calls")


@dataclass(frozen=True, slots=True)
class Used:
    """What one commune used in a month, in the order of the table's columns."""

    households: int
    children: int
    bookings: int
    invoices: int
    messages: int
    sms_parts: int
    calls: int

    @property
    def is_nothing(self) -> bool:
        """Whether the month brought nothing: what merely stands is no use."""
        return not (self.bookings or self.invoices or self.messages or self.sms_parts or self.calls)


def usage(*, first_day: date) -> Iterator[tuple[Commune, Used | None]]:
    """What each commune used in a month, read by the page: however many they are, few are held at a time.

    None for one whose schema is behind. Erased ones come last, with what their erasure noted.
    """
    with context.public():
        communes = list(Commune.objects.exclude(state=CommuneState.ERASED).order_by("slug"))
    for start in range(0, len(communes), AT_ONCE):
        yield from _of_month(communes[start : start + AT_ONCE], first_day)
    yield from _of_erased({one.pk for one in communes}, first_day)


def past(commune: Commune, *, today: date) -> dict[str, dict[str, int]]:
    """The months that can be taken away, by their first day, for the erasure's note; none when they cannot be read."""
    first_days = [month_before(today, back) for back in range(MONTHS)]
    found = {day: used for day in first_days for _, used in _of_month([commune], day)}
    return {day.isoformat(): asdict(used) for day, used in found.items() if used and not used.is_nothing}


def month_before(today: date, back: int) -> date:
    """The first day of the month that lies so many months back."""
    months = today.year * 12 + today.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def _of_month(communes: Sequence[Commune], first_day: date) -> Iterator[tuple[Commune, Used | None]]:
    standings = figures.standings(communes)
    readable = [one for one in communes if figures.is_readable(standings[one.slug])]
    counted = figures.of_month(readable, first_day=first_day)
    yield from ((one, _used(counted[one.slug]) if one.slug in counted else None) for one in communes)


def _used(found: Figures) -> Used:
    return Used(*(getattr(found, name) for name in KEPT))


def _of_erased(there: set[Any], first_day: date) -> Iterator[tuple[Commune, Used | None]]:
    """One that came back since counts for itself; erased twice, its last note counts."""
    with context.public():
        done = list(
            Erasure.objects.filter(state=Erasure.State.DONE).exclude(commune_key__in=there).order_by("slug", "pk")
        )
    for erasure in {one.commune_key: one for one in done}.values():
        noted = erasure.told.get("usage", {}).get(first_day.isoformat())
        if noted is not None:
            name, siret = erasure.header_name, erasure.siret
            commune = Commune(slug=erasure.slug, header_name=name, siret=siret, state=CommuneState.ERASED)
            yield commune, Used(**noted)
