"""Making the days on which activities are held, and making them again without losing a booking."""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.db.models.lookups import IsNull

from booking.models import Activity, Booking, Closure, PublicHoliday, SchoolVacation, Season, ServiceDay, WaitingEntry
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


def preview_days(*, first_day: date, last_day: date, activity: Activity | None = None) -> DaysPlan:
    """What making these days again would do, both included: `kept` lists those whose bookings it would cancel.

    With an activity, its days alone, as it is given: perhaps not yet saved so.
    """
    if activity is not None:
        return _plan([activity], ServiceDay.objects.filter(activity=activity.pk), first_day, last_day)
    return _plan(list(Activity.objects.all()), ServiceDay.objects.all(), first_day, last_day)


def materialize(*, first_day: date, last_day: date, activity: Activity | None = None) -> Materialized:
    """Make the days of every activity, or of one, at every school from patterns, calendar and closures, both days
    included.

    A day that the patterns no longer want closes, unless it holds a booking: no booking is lost, and these days
    are listed. The number of statements does not depend on the number of days, but for batches of thousands.
    """
    with transaction.atomic():
        days = ServiceDay.objects.filter(day__range=(first_day, last_day))
        lock_days(days if activity is None else days.filter(activity=activity.pk))
        wanted = preview_days(first_day=first_day, last_day=last_day, activity=activity)
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
        ServiceDay.objects.filter(pk__in=wanted.close).update(open=False, by_hand=False)
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


def read_days(
    *, activity: Activity, sites: Collection[int], first_day: date, last_day: date
) -> tuple[dict[Slot, int | None], dict[Slot, Made]]:
    """What the pattern of an activity wants at some schools, with its places, and what stands there."""
    wanted = {slot: places for slot, places in _wanted([activity], first_day, last_day) if slot[1] in sites}
    days = ServiceDay.objects.filter(activity=activity.pk, site__in=sites, day__range=(first_day, last_day))
    return wanted, _standing(days, retired=())


def closed_slots(slots: Iterable[Slot]) -> set[Slot]:
    """Those of these activities, sites and days that a closure covers: one statement."""
    asked = list(slots)
    if not asked:
        return set()
    days = [day for _, _, day in asked]
    closures = list(_closures(min(days), max(days)))
    return {slot for slot in asked if _covered(slot, closures)}


def _plan(activities: Sequence[Activity], days: QuerySet[ServiceDay], first_day: date, last_day: date) -> DaysPlan:
    """Days set by hand are left alone, but for those of an activity that is no longer offered."""
    retired = {activity.pk for activity in activities if activity.retired_at}
    standing = _standing(days.filter(day__range=(first_day, last_day)), retired=retired)
    return plan(dict(_wanted(activities, first_day, last_day)), standing)


def _wanted(activities: Iterable[Activity], first_day: date, last_day: date) -> Sequence[tuple[Slot, int | None]]:
    holidays = set(PublicHoliday.objects.filter(day__range=(first_day, last_day)).values_list("day", flat=True))
    vacations = list(SchoolVacation.objects.filter(first_day__lte=last_day, last_day__gte=first_day))
    closures = list(_closures(first_day, last_day))

    def season_of(day: date) -> str | None:
        if day in holidays:
            return None
        vacation = next((found for found in vacations if found.first_day <= day <= found.last_day), None)
        if vacation is None:
            return Season.TERM
        return Season.SUMMER if vacation.is_summer else Season.SHORT_VACATION

    patterns = [
        Pattern(activity_id=row.pk, season=row.season, weekdays=frozenset(row.weekdays), places=row.places)
        for row in activities
        if row.retired_at is None
    ]
    sites = list(Site.objects.filter(is_school=True).order_by("pk").values_list("pk", flat=True))
    return list(
        slots(
            patterns,
            sites=sites,
            first_day=first_day,
            last_day=last_day,
            season_of=season_of,
            is_closed=lambda slot: _covered(slot, closures),
        )
    )


def _closures(first_day: date, last_day: date) -> QuerySet[Closure]:
    """The closures of whole schools, or of the town, that touch these days."""
    return Closure.objects.filter(
        first_day__lte=last_day, last_day__gte=first_day, school_class__isnull=True, undone_at__isnull=True
    )


def _covered(slot: Slot, closures: Iterable[Closure]) -> bool:
    activity, site, day = slot
    return any(
        found.first_day <= day <= found.last_day
        and found.site_id in (None, site)
        and found.activity_id in (None, activity)
        for found in closures
    )


def _standing(days: QuerySet[ServiceDay], *, retired: Container[int]) -> dict[Slot, Made]:
    # Counted apart: joined with all bookings, canceled ones too, the days of a big town take minutes instead.
    standing = Booking.objects.standing().filter(service_day__in=days.order_by())
    booked = dict(standing.values_list("service_day").annotate(number=Count("pk")).order_by())
    offers = WaitingEntry.objects.filter(state=WaitingEntry.State.OFFERED, service_day__in=days.order_by())
    offered = dict(offers.values_list("service_day").annotate(number=Count("pk")).order_by())
    return {
        (row.activity_id, row.site_id, row.day): Made(
            pk=row.pk,
            open=row.open,
            places=row.places,
            by_hand=row.by_hand and row.activity_id not in retired,
            booked=booked.get(row.pk, 0),
            offered=offered.get(row.pk, 0),
        )
        for row in days.order_by().iterator()
    }
