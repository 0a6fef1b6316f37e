"""Who has which child, and when."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, Q

from lps.families.models import Child, Custody, Household
from lps.kernel.prepared import Prepared, given


def not_over(field: str, day: date) -> Q:
    """That a range of days is not over on a day: it holds it, or comes later."""
    return Q(**{f"{field}__endswith__gt": day}) | Q(**{f"{field}__upper_inf": True})


def days_within(during: DateRange, days: Iterable[date]) -> list[date]:
    """Those of these days that a range holds, as PostgreSQL gives it back: its first day in, its last bound out."""
    first, end = during.lower or date.min, during.upper or date.max
    return [] if during.isempty else [day for day in days if first <= day < end]


_CUSTODY_RANGES = Prepared(
    lambda: Custody.objects.filter(child=given("child"), household=given("household")).values_list("valid_during")
)


def custody_ranges(child: Child, *, household: Household) -> list[DateRange]:
    """The days on which a household has or had the child."""
    return [during for (during,) in _CUSTODY_RANGES.rows(child=child.pk, household=household.pk)]


def custodies_to_come(household: Household, *, day: date) -> list[Custody]:
    """Those of a household that begin after a day, the first to begin first, with their children: one statement."""
    later = Custody.objects.filter(household=household, valid_during__startswith__gt=day).select_related("child")
    return list(later.order_by("valid_during", "pk"))


def households_with(children: Iterable[int], *, day: date) -> dict[int, int]:
    """A household of each of these children on a day, the first to have had it, by their keys: one statement."""
    held = Custody.objects.filter(child__in=list(children), valid_during__contains=day).order_by("-pk")
    return dict(held.values_list("child", "household"))


def households_of(children: Iterable[int], *, day: date) -> dict[int, list[Household]]:
    """The households that have these children on that day or will, by child: one statement."""
    held = Custody.objects.filter(not_over("valid_during", day), child__in=list(children)).select_related("household")
    found: dict[int, list[Household]] = {}
    for custody in held.order_by("household__name_sort", "pk"):
        if custody.household not in found.setdefault(custody.child_id, []):
            found[custody.child_id].append(custody.household)
    return found


def children_of_households(pks: Iterable[int]) -> list[int]:
    """The keys of the children that these households have, had or will have."""
    held = Custody.objects.filter(household__in=list(pks)).order_by("child")
    return list(held.values_list("child", flat=True).distinct())


class SharedCustody(NamedTuple):
    """Days, from one to the eve of another, on which a household has a child whom another household has too."""

    child_id: int
    household_id: int
    since: date | None
    until: date | None

    def holds(self, day: date) -> bool:
        """Whether the child is there on that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


def shared_custodies(first_day: date, last_day: date) -> list[SharedCustody]:
    """The custodies that touch these days, both included, of children who have two households then: one statement."""
    held = Custody.objects.filter(valid_during__overlap=DateRange(first_day, last_day, "[]"))
    homes = held.order_by().values("child").annotate(homes=Count("household", distinct=True))
    rows = held.filter(child__in=homes.filter(homes__gt=1).values("child")).order_by("child", "household", "pk")
    found = rows.values_list("child", "household", "valid_during__startswith", "valid_during__endswith")
    return [SharedCustody(*row) for row in found]
