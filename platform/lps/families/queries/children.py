"""Children: those of a household, and by their keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import DateField, QuerySet

from lps.families import codes
from lps.families.models import Child, Enrollment, Household, SchoolClass, Site
from lps.kernel.prepared import Prepared, any_of, given


@dataclass(frozen=True, slots=True)
class ChildAtSchool:
    """A child as a page shows it: its code in clear, its class on a day (None when in none)."""

    child: Child
    code: str
    school_class: SchoolClass | None

    @property
    def site(self) -> Site | None:
        return self.school_class.site if self.school_class else None


_DAY = given("day", DateField())

_CHILDREN = Prepared(
    # A household has a child once on a day, a constraint says so: no child comes twice.
    lambda: Child.objects.filter(custodies__household=given("household"), custodies__valid_during__contains=_DAY)
)

_ENROLLMENTS = Prepared(
    lambda: Enrollment.objects.filter(child=any_of("children"), valid_during__contains=_DAY).select_related(
        "school_class__site", "school_class__teacher"
    )
)


def children_of(*, household: Household, day: date) -> list[ChildAtSchool]:
    """The children whom a household has on a day, in the order of their names, with their classes: two statements."""
    return at_school(_CHILDREN.instances(household=household.pk, day=day), day=day)


def child_of(*, household: Household, child_code: str, day: date) -> ChildAtSchool | None:
    """The household's child of that code, or None when it has none such: nobody else's child is ever found."""
    found = list(
        Child.objects.filter(
            code_lookup=codes.child_lookup(child_code),
            custodies__household=household,
            custodies__valid_during__contains=day,
        )[:1]
    )
    return next(iter(at_school(found, day=day)), None)


def child_in(household: Household, *, pk: int) -> Child | None:
    """The child of that key, if the household has it, had it or will."""
    return Child.objects.filter(pk=pk, custodies__household=household, anonymized_at__isnull=True).first()


def at_school(children: list[Child], *, day: date) -> list[ChildAtSchool]:
    """These children with their codes and their classes on a day: one statement."""
    enrollments = _ENROLLMENTS.instances(children=[child.pk for child in children], day=day)
    classes = {enrollment.child_id: enrollment.school_class for enrollment in enrollments}
    return [ChildAtSchool(child, child.child_code, classes.get(child.pk)) for child in children]


def has_children() -> bool:
    """Whether a child was ever entered."""
    return Child.objects.exists()


def known_children(pks: Iterable[int]) -> set[int]:
    """Those of these keys that a child bears: one statement."""
    return set(Child.objects.filter(pk__in=list(pks)).values_list("pk", flat=True))


def children_by_key(pks: Iterable[int]) -> dict[int, Child]:
    """These children by their keys: one statement."""
    return Child.objects.in_bulk(list(pks))


def child_names(pks: Iterable[int]) -> dict[int, str]:
    """The first and last names of children, by their keys."""
    return {child.pk: str(child) for child in Child.objects.filter(pk__in=list(pks))}


def first_names() -> QuerySet[Child, str]:
    """The first names of the children who are here, each once, in order."""
    here = Child.objects.filter(anonymized_at__isnull=True)
    return here.order_by("first_name").values_list("first_name", flat=True).distinct()
