"""What the town's other software reads of families: what it needs to book for a child, and no more.

Neither codes, addresses, guardians nor birth dates leave by this door.
"""

from collections.abc import Sequence
from datetime import date

from django.db.models import Q, QuerySet

from lps.families.models import Child, Custody, Enrollment, Household, SchoolClass, Site


def households() -> QuerySet[Household]:
    """Every household of the town, by name and key alone."""
    return Household.objects.only("pk", "name")


def is_household(*, pk: int) -> bool:
    """Whether the town has a household of that key."""
    return Household.objects.filter(pk=pk).exists()


def children_of(*, household: int, day: date) -> QuerySet[Child]:
    """The children whom a household has on a day, by name and key alone."""
    held = Custody.objects.filter(household=household, valid_during__contains=day).values("child")
    return Child.objects.filter(pk__in=held).only("pk", "first_name", "last_name")


def classes_of(children: Sequence[Child], *, day: date) -> dict[int, SchoolClass]:
    """The class of each of these children on a day: one statement; those in none are left out."""
    sitting = Enrollment.objects.filter(child__in=[child.pk for child in children], valid_during__contains=day)
    return {found.child_id: found.school_class for found in sitting.select_related("school_class")}


def classes(*, day: date) -> QuerySet[SchoolClass]:
    """The classes of the school year that a day is in, and of those after it."""
    still = Q(school_year__during__endswith__gt=day) | Q(school_year__during__upper_inf=True)
    return SchoolClass.objects.filter(still).select_related("school_year")


def school_class(*, pk: int, day: date) -> SchoolClass | None:
    """A class of the year or of one to come, None for any other."""
    return classes(day=day).filter(pk=pk).first()


def pupils(*, day: date, **where: int) -> QuerySet[Child]:
    """The children who sit on a day in a class, `school_class=…`, or in a school, `school_class__site=…`."""
    sitting = Enrollment.objects.filter(valid_during__contains=day, **where).values("child")
    return Child.objects.filter(pk__in=sitting, anonymized_at__isnull=True).only("pk", "first_name", "last_name")


def household(*, pk: int) -> Household | None:
    """A household that was not erased."""
    found = Household.objects.filter(pk=pk).first()
    return None if found is None or found.is_erased else found


def child(*, pk: int) -> Child | None:
    """A child that was not erased."""
    return Child.objects.filter(pk=pk, anonymized_at__isnull=True).first()


def is_site(*, pk: int) -> bool:
    """Whether the town has a place of that key."""
    return Site.objects.filter(pk=pk).exists()


def custody(*, household: int, child: int, day: date) -> Custody | None:
    """That a household has a child on a day, with both of them; None when it has not, or either is unknown."""
    held = Custody.objects.filter(household=household, child=child, valid_during__contains=day)
    return held.select_related("household", "child").first()


def sites() -> QuerySet[Site]:
    """Every school and other place of the town."""
    return Site.objects.all()
