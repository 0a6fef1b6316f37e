"""Which child sits where, and when."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.fields import DateRangeField
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet

from lps.families.models import Child, Custody, Enrollment, Household
from lps.families.queries.custody import days_within, not_over
from lps.kernel.prepared import Prepared, given
from lps.kernel.text import sort_key

_SCHOOLING = Prepared(
    lambda: Enrollment.objects.filter(
        child=given("child"), valid_during__overlap=given("shown", DateRangeField())
    ).values_list("valid_during", "school_class__site_id", "school_class__level", "school_class_id")
)


@dataclass(frozen=True, slots=True)
class Schooling:
    """A child's class: where it is, and its level."""

    site_id: int
    level: str
    school_class_id: int


def schooling_of(child: Child, *, days: Sequence[date]) -> dict[date, Schooling]:
    """The child's class on each of these days: one statement; days without a class are left out."""
    if not days:
        return {}
    shown = DateRange(min(days), max(days), "[]")
    enrollments = [
        (during, Schooling(site_id, level, school_class_id))
        for during, site_id, level, school_class_id in _SCHOOLING.rows(child=child.pk, shown=shown)
    ]
    return {day: schooling for during, schooling in enrollments for day in days_within(during, days)}


def classes_on(children: Iterable[int], *, day: date) -> dict[int, str]:
    """The school and the class of these children on that day, as one reads them: one statement."""
    sitting = Enrollment.objects.filter(child__in=list(children), valid_during__contains=day)
    rows = sitting.select_related("school_class__site", "school_class__teacher")
    return {row.child_id: f"{row.school_class.site}, {row.school_class}" for row in rows}


def sites_of(household: Household, *, day: date) -> set[int]:
    """The schools where the children whom a household has on a day, or will have, sit or will sit: one statement."""
    held = Custody.objects.filter(not_over("valid_during", day), household=household)
    sitting = Enrollment.objects.filter(not_over("valid_during", day), child__in=held.values("child"))
    return set(sitting.order_by().values_list("school_class__site", flat=True).distinct())


def sites_of_child(child: Child, *, day: date) -> set[int]:
    """The schools where a child sits on a day or will: one statement."""
    rows = Enrollment.objects.filter(not_over("valid_during", day), child=child).order_by()
    return set(rows.values_list("school_class__site", flat=True))


def children_sitting(children: Collection[int], *, sites: Collection[int], day: date) -> set[int]:
    """Those of these children, by their keys, who sit or will sit at these schools: one statement."""
    rows = Enrollment.objects.filter(not_over("valid_during", day), child__in=children, school_class__site__in=sites)
    return set(rows.order_by().values_list("child", flat=True))


def households_at(sites: Iterable[int], *, day: date) -> QuerySet[Any]:
    """The keys of the households with a child who sits, or will, at these schools: to be asked within a statement."""
    sitting = Enrollment.objects.filter(not_over("valid_during", day), school_class__site__in=list(sites))
    held = Custody.objects.filter(not_over("valid_during", day), child__in=sitting.order_by().values("child"))
    return held.order_by().values("household")


def pupils_at(sites: Iterable[int]) -> QuerySet[Any]:
    """The keys of the children who sit, sat or will sit at these schools, to be asked within another statement."""
    return Enrollment.objects.filter(school_class__site__in=list(sites)).order_by().values("child")


def pupils_on(day: date, *, site_id: int) -> QuerySet[Any]:
    """The keys of the children who sit at a school that day, to be asked within another statement."""
    return Enrollment.objects.filter(valid_during__contains=day, school_class__site=site_id).order_by().values("child")


def pupils_at_school(*, day: date) -> list[tuple[int, int, str, date | None]]:
    """Every child in a class on a day: its key, the site and level of the class, its birth date: one statement."""
    rows = Enrollment.objects.filter(valid_during__contains=day).order_by("child")
    return list(rows.values_list("child", "school_class__site", "school_class__level", "child__birth_date"))


def pupils_of_class(pk: int, *, day: date) -> QuerySet[Enrollment]:
    """Who sits in a class on that day or will, in the order of names."""
    seated = Enrollment.objects.filter(not_over("valid_during", day), school_class=pk)
    return seated.select_related("child").order_by("child__name_sort", "child", "pk")


def search_pupils(asked: str, *, day: date, site_id: int, limit: int = 20) -> list[dict[str, Any]]:
    """The pupils of a school on a day whose name holds what was typed, accents and case aside."""
    enrolled = Enrollment.objects.filter(valid_during__contains=day, school_class__site=site_id)
    for word in sort_key(asked).split():
        enrolled = enrolled.filter(child__name_sort__contains=word)
    rows = enrolled.select_related("child", "school_class").order_by("child__name_sort", "pk")[:limit]
    return [{"pk": row.child_id, "name": str(row.child), "school_class": row.school_class.name} for row in rows]


@dataclass(frozen=True, slots=True)
class Pupil:
    """A child of a household and the site of its class."""

    child_id: int
    household_id: int
    site_id: int


def pupils_of(households: Iterable[Household], *, day: date) -> list[Pupil]:
    """The children of these households who are in a class on that day, in the order of their keys: two statements."""
    held = Custody.objects.filter(household__in=list(households), valid_during__contains=day).order_by("child")
    pairs = list(held.values_list("child", "household"))
    sites = dict(
        Enrollment.objects.filter(child__in=[child for child, _ in pairs], valid_during__contains=day).values_list(
            "child", "school_class__site"
        )
    )
    return [Pupil(child, household, sites[child]) for child, household in pairs if child in sites]


@dataclass(frozen=True, slots=True, kw_only=True)
class PupilDays:
    """A child of a household: the days on which it is theirs, and where it sits then."""

    child_id: int
    household_id: int
    first_name: str
    birth_date: date | None
    custody: Sequence[DateRange]
    classes: Sequence[tuple[DateRange, Schooling]]

    @property
    def sites(self) -> list[int]:
        """The schools where the child sits, each once."""
        return list(dict.fromkeys(sits.site_id for _during, sits in self.classes))

    def is_theirs(self, day: date) -> bool:
        """Whether the household has the child on that day."""
        return any(days_within(during, [day]) for during in self.custody)

    def schooling(self, day: date) -> Schooling | None:
        """The child's class on that day."""
        return next((sits for during, sits in self.classes if days_within(during, [day])), None)


def pupil_days(households: Iterable[int], *, first: date, last: date) -> list[PupilDays]:
    """The children whom these households have between two days, both included, by name: two statements."""
    shown = DateRange(first, last, "[]")
    held = Custody.objects.filter(household__in=list(households), valid_during__overlap=shown)
    custody: dict[tuple[int, int], list[DateRange]] = {}
    children: dict[int, Child] = {}
    for row in held.select_related("child").order_by("child__name_sort", "child", "household", "pk"):
        custody.setdefault((row.child_id, row.household_id), []).append(row.valid_during)
        children[row.child_id] = row.child
    classes: dict[int, list[tuple[DateRange, Schooling]]] = {}
    sitting = Enrollment.objects.filter(child__in=children, valid_during__overlap=shown).order_by("pk")
    for child, during, site, level, school_class in sitting.values_list(
        "child", "valid_during", "school_class__site", "school_class__level", "school_class"
    ):
        classes.setdefault(child, []).append((during, Schooling(site, level, school_class)))
    return [
        PupilDays(
            child_id=child,
            household_id=home,
            first_name=children[child].first_name,
            birth_date=children[child].birth_date,
            custody=ranges,
            classes=classes.get(child, ()),
        )
        for (child, home), ranges in custody.items()
    ]
