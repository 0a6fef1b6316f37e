"""Reads about families, one question each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from lps.families import codes
from lps.families.models import Child, Custody, Enrollment, Household, SchoolClass, Site


@dataclass(frozen=True, slots=True)
class ChildAtSchool:
    """A child as a page shows it: its code in clear, its class on a day (None when in none)."""

    child: Child
    code: str
    school_class: SchoolClass | None

    @property
    def site(self) -> Site | None:
        return self.school_class.site if self.school_class else None


def email_key(email: str) -> str:
    """What two spellings of one mailbox share."""
    return email.strip().casefold()


def known_family_lookups(lookups: Iterable[str]) -> set[str]:
    """Those of these look-up hashes that a household bears: one statement."""
    return set(Household.objects.filter(code_lookup__in=list(lookups)).values_list("code_lookup", flat=True))


def known_child_lookups(lookups: Iterable[str]) -> set[str]:
    """Those of these look-up hashes that a child bears: one statement."""
    return set(Child.objects.filter(code_lookup__in=list(lookups)).values_list("code_lookup", flat=True))


def custody_by_codes(*, child_code: str, family_code: str, day: date) -> Custody | None:
    """The custody that this pair of codes opens on this day: one statement, whatever is wrong."""
    return (
        Custody.objects.filter(
            child__code_lookup=codes.child_lookup(child_code),
            household__code_lookup=codes.family_lookup(family_code),
            valid_during__contains=day,
        )
        .select_related("child", "household")
        .first()
    )


def household(*, pk: int) -> Household | None:
    """A household, or None."""
    return Household.objects.filter(pk=pk).first()


def children_of(*, household: Household, day: date) -> list[ChildAtSchool]:
    """The children whom a household has on a day, in the order of their names, with their classes: two statements."""
    found = list(Child.objects.filter(custodies__household=household, custodies__valid_during__contains=day).distinct())
    return _at_school(found, day=day)


def child_of(*, household: Household, child_code: str, day: date) -> ChildAtSchool | None:
    """The household's child of that code, or None when it has none such: nobody else's child is ever found."""
    found = list(
        Child.objects.filter(
            code_lookup=codes.child_lookup(child_code),
            custodies__household=household,
            custodies__valid_during__contains=day,
        )[:1]
    )
    return next(iter(_at_school(found, day=day)), None)


def custodies_of(child: Child) -> QuerySet[Custody]:
    """Every household that has or had the child."""
    return Custody.objects.filter(child=child)


def lock_child(child: Child) -> None:
    """Serialise what is done to one child, until the transaction ends: stale forms, incompatible pairs."""
    list(Child.objects.select_for_update(of=("self",), no_key=True).filter(pk=child.pk).values_list("pk"))


def _at_school(children: list[Child], *, day: date) -> list[ChildAtSchool]:
    enrollments = Enrollment.objects.filter(
        child__in=[child.pk for child in children], valid_during__contains=day
    ).select_related("school_class__site", "school_class__teacher")
    classes = {enrollment.child_id: enrollment.school_class for enrollment in enrollments}
    return [ChildAtSchool(child, child.child_code, classes.get(child.pk)) for child in children]
