"""What agents read of the calendar: a school year by months, and what a change does to its days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from booking import catalogue_page
from booking.catalogue_page import Effects, Touched
from booking.models import Activity, Closure, PublicHoliday, SchoolVacation
from booking.rules.opening import DaysPlan
from lps.families.queries.school import site_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What a school year holds, each by day."""

    vacations: Sequence[SchoolVacation]
    holidays: Sequence[PublicHoliday]
    closures: Sequence[Closure]


def year(*, first_day: date, last_day: date, closures: Sequence[Closure]) -> Year:
    """School holidays, public holidays and these closures between two days: two statements, and that of closures."""
    return Year(
        vacations=list(SchoolVacation.objects.filter(first_day__lte=last_day, last_day__gte=first_day)),
        holidays=list(PublicHoliday.objects.filter(day__range=(first_day, last_day))),
        closures=closures,
    )


def effects(plan: DaysPlan) -> Effects:
    """A plan in numbers and names, each day with its activity, for a change of the calendar touches them all."""
    sites = site_names()
    activities = dict(Activity.objects.values_list("pk", "name"))
    kept = (
        Touched(day, f"{activities[activity]}, {sites.get(site, '')}", made.booked, made.offered)
        for (activity, site, day), made in plan.kept.items()
    )
    return replace(catalogue_page.effects(plan), kept=tuple(sorted(kept, key=lambda one: (one.day, one.site))))
