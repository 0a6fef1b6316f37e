"""Making the days on which activities are held, and making them again without losing a booking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.lookups import IsNull

from booking.models import Activity, Closure, PublicHoliday, SchoolVacation, Season, ServiceDay
from booking.rules.opening import DaysPlan, Made, Pattern, Slot, plan, slots
from booking.services.catalogue import load_calendar
from lps.families.models import Site
from tenants import context
from tenants.town import queries as town

AHEAD = timedelta(weeks=20)  # longer than the bookable window, by default of 13 weeks
_BATCH = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Materialized:
    """How many days were made, opened (or given other places) and closed, and those kept for their bookings."""

    made: int
    opened: int
    closed: int
    kept: Mapping[Slot, Made]


def school_year_of(today: date) -> tuple[date, date]:
    """The school year that a day is in, from 1 September to 31 August."""
    first_year = today.year if today.month >= 9 else today.year - 1
    return date(first_year, 9, 1), date(first_year + 1, 8, 31)


def horizon(today: date) -> date:
    """Until when days are made: the end of the school year, or twenty weeks ahead when that is later."""
    return max(school_year_of(today)[1], today + AHEAD)


def extend_days(*, today: date) -> Materialized:
    """Read the calendar published since, and make the days from today on as the patterns want them."""
    load_calendar(
        school_zone=town.settings().school_zone,
        insee=context.current().insee,
        first_year=today.year - 1,  # whole stretches: those of Christmas began last year
        last_year=horizon(today).year,
    )
    return materialize(first_day=today, last_day=horizon(today))


def preview_days(*, first_day: date, last_day: date) -> DaysPlan:
    """What making these days again would do, both included: `kept` lists those whose bookings it would cancel."""
    wanted = dict(_wanted(first_day, last_day))
    return plan(wanted, _standing(first_day, last_day))


def materialize(*, first_day: date, last_day: date) -> Materialized:
    """Make the days of every activity at every school from patterns, calendar and closures, both days included.

    A day that the patterns no longer want closes, unless it holds a booking: no booking is lost, and these days
    are listed. The number of statements does not depend on the number of days, but for batches of thousands.
    """
    with transaction.atomic():
        lock_days(ServiceDay.objects.filter(day__range=(first_day, last_day)))
        wanted = preview_days(first_day=first_day, last_day=last_day)
        ServiceDay.objects.bulk_create(
            (
                ServiceDay(activity_id=activity, site_id=site, day=day, places=places)
                for (activity, site, day), places in wanted.create.items()
            ),
            batch_size=_BATCH,
            ignore_conflicts=True,
        )
        for places in set(wanted.open.values()):
            pks = [pk for pk, own in wanted.open.items() if own == places]
            ServiceDay.objects.filter(pk__in=pks).update(open=True, places=places)
        ServiceDay.objects.filter(pk__in=wanted.close).update(open=False)
    return Materialized(
        made=len(wanted.create), opened=len(wanted.open), closed=len(wanted.close), kept=dict(wanted.kept)
    )


def lock_days(days: QuerySet[ServiceDay]) -> list[tuple[int, bool]]:
    """Stop the bookings of these days until we commit, and tell which are open, by their keys.

    A save that met us then sees a day closed, and starts again (`saving.DayClosedMeanwhile`). Bookings written before
    us are waited for, and counted. Days with a number of places come first: saves lock these before they hold others.
    """
    rows = days.select_for_update(of=("self",)).order_by(IsNull(F("places"), True), "pk")
    return list(rows.values_list("pk", "open"))


def _wanted(first_day: date, last_day: date) -> Sequence[tuple[Slot, int | None]]:
    holidays = set(PublicHoliday.objects.filter(day__range=(first_day, last_day)).values_list("day", flat=True))
    vacations = list(SchoolVacation.objects.filter(first_day__lte=last_day, last_day__gte=first_day))
    closures = list(
        Closure.objects.filter(
            first_day__lte=last_day, last_day__gte=first_day, school_class__isnull=True, undone_at__isnull=True
        )
    )

    def season_of(day: date) -> str | None:
        if day in holidays:
            return None
        vacation = next((found for found in vacations if found.first_day <= day <= found.last_day), None)
        if vacation is None:
            return Season.TERM
        return Season.SUMMER if vacation.is_summer else Season.SHORT_VACATION

    def is_closed(slot: Slot) -> bool:
        activity, site, day = slot
        return any(
            found.first_day <= day <= found.last_day
            and found.site_id in (None, site)
            and found.activity_id in (None, activity)
            for found in closures
        )

    patterns = [
        Pattern(activity_id=row.pk, season=row.season, weekdays=frozenset(row.weekdays), places=row.places)
        for row in Activity.objects.all()
    ]
    sites = list(Site.objects.filter(is_school=True).order_by("pk").values_list("pk", flat=True))
    return list(
        slots(patterns, sites=sites, first_day=first_day, last_day=last_day, season_of=season_of, is_closed=is_closed)
    )


def _standing(first_day: date, last_day: date) -> dict[Slot, Made]:
    rows = ServiceDay.objects.filter(day__range=(first_day, last_day)).annotate(
        booked=Count("bookings", filter=Q(bookings__canceled_at__isnull=True))
    )
    return {
        (row.activity_id, row.site_id, row.day): Made(
            pk=row.pk, open=row.open, places=row.places, by_hand=row.by_hand, booked=row.booked
        )
        for row in rows.order_by().iterator()
    }
