"""Which families accepted a version of the rules, for the agents: a line per child at school, by class."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from lps.families.models import Custody, SchoolClass
from lps.families.queries.school import in_school_order
from tenants.town import house_rules


@dataclass(frozen=True, slots=True)
class Line:
    """A child at school, its family, and when the family accepted the rules, if it did."""

    school: str
    school_class: str
    first_name: str
    last_name: str
    household_id: int
    household: str
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Number:
    """How many families there are, and how many of them accepted."""

    families: int
    accepted: int


class Acceptances:
    """The families of the children at school on a day: in some schools or all, in one class or all."""

    def __init__(
        self, rules_id: int, *, day: date, sites: Collection[int] = (), school_class: int | None = None
    ) -> None:
        holder = Concat(Value("household:"), Cast("household_id", CharField()), output_field=CharField())
        rows = Custody.objects.filter(valid_during__contains=day, child__enrollments__valid_during__contains=day)
        if sites:
            rows = rows.filter(child__enrollments__school_class__site__in=sites)
        if school_class:
            rows = rows.filter(child__enrollments__school_class=school_class)
        self._rows = rows.annotate(holder=holder).annotate(
            accepted_at=house_rules.accepted_at(holder=OuterRef("holder"), rules_id=rules_id)
        )

    def number(self) -> Number:
        """One statement."""
        found = self._rows.aggregate(
            families=Count("household", distinct=True),
            accepted=Count("household", distinct=True, filter=Q(accepted_at__isnull=False)),
        )
        return Number(**found)

    def lines(self, *, waiting: bool = False) -> "QuerySet[Custody, tuple[object, ...]]":
        """By school, class and child, as what `line` reads; `waiting`: only families that have not accepted."""
        rows = self._rows.filter(accepted_at__isnull=True) if waiting else self._rows
        place = "child__enrollments__school_class"
        order = (f"{place}__site__name", f"{place}__name", "child__name_sort", "child", "household")
        return rows.order_by(*order).values_list(
            F(f"{place}__site__name"),
            F(f"{place}__name"),
            F("child__first_name"),
            F("child__last_name"),
            F("household_id"),
            F("household__name"),
            F("accepted_at"),
        )


def line(row: tuple[object, ...]) -> Line:
    """A row of `Acceptances.lines`."""
    return Line(*row)  # type: ignore[arg-type]  # the order of its columns


def classes(*, day: date, sites: Collection[int] = ()) -> list[SchoolClass]:
    """The classes where children sit that day, by school and level: one statement."""
    rows = SchoolClass.objects.filter(enrollments__valid_during__contains=day).select_related("site", "teacher")
    if sites:
        rows = rows.filter(site__in=sites)
    return in_school_order(rows.distinct())
