"""Schools, school years and classes."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, Q, QuerySet

from lps.families.models import SchoolClass, SchoolYear, Site
from lps.families.queries.custody import not_over
from lps.families.rules.rollover import rank


def site_names() -> dict[int, str]:
    """Every school and other place, by its key."""
    return dict(Site.objects.values_list("pk", "name"))


def schools() -> list[Site]:
    """The schools, in the order of their names."""
    return list(Site.objects.filter(is_school=True))


def levels() -> list[str]:
    """The levels of the classes, as the town writes them."""
    return sorted(set(SchoolClass.objects.exclude(level="").values_list("level", flat=True).order_by()))


def school_year_for(day: date) -> SchoolYear | None:
    """The school year that a day is in, else the next one that is open, else None."""
    still = SchoolYear.objects.filter(Q(during__contains=day) | Q(during__startswith__gt=day))
    return still.order_by("during").first()


def classes_by_key(pks: Iterable[int]) -> list[SchoolClass]:
    """These classes, by school and level."""
    return in_school_order(SchoolClass.objects.filter(pk__in=list(pks)).select_related("site", "teacher"))


def in_school_order(classes: Iterable[SchoolClass]) -> list[SchoolClass]:
    """Classes by school, then from the youngest children's level on, then by name. Their schools are read."""
    return sorted(classes, key=lambda one: (one.site.name, rank(one.level), one.name, one.pk))


def classes_to_come(day: date) -> list[SchoolClass]:
    """The classes of the year that a day is in and of those after it, by year, school and level, with their pupils."""
    still = Q(school_year__during__endswith__gt=day) | Q(school_year__during__upper_inf=True)
    rows = SchoolClass.objects.filter(still).select_related("site", "teacher", "school_year")
    return _by_year(rows.annotate(pupils=Count("enrollments")))


def classes_on_roll(day: date, *, sites: Iterable[int] = ()) -> list[SchoolClass]:
    """The classes where children sit on that day or will, by year, school and level, with their `pupils`; only those of
    these schools when some are given.
    """
    still = Q(school_year__during__endswith__gt=day) | Q(school_year__during__upper_inf=True)
    seated = Count("enrollments", filter=not_over("enrollments__valid_during", day))
    rows = SchoolClass.objects.filter(still).select_related("site", "teacher", "school_year").annotate(pupils=seated)
    if kept := list(sites):
        rows = rows.filter(site__in=kept)
    return _by_year(rows)


def _by_year(classes: QuerySet[SchoolClass]) -> list[SchoolClass]:
    return sorted(in_school_order(classes), key=lambda one: one.school_year.during.lower)
