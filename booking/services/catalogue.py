"""Making a town's catalogue, its school calendar and the days on which its activities are held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from jours_feries_france import JoursFeries
from vacances_scolaires_france import SchoolHolidayDates

from booking.models import Activity, ActivityGroup, PublicHoliday, SchoolVacation, Season, ServiceDay
from booking.rules import deadlines
from booking.rules.deadlines import DeadlineRule
from lps.families.models import Site
from tenants.town.services import renew_catalogue_stamp

_BATCH = 5000
SUMMER = "Vacances d'été"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewActivity:
    """An activity to be made: when it is held, and its places a day (None: no limit)."""

    name: str
    weekdays: tuple[int, ...]
    season: Season = Season.TERM
    places: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroup:
    """A group to be made with its activities."""

    name: str
    slug: str
    rule: DeadlineRule
    activities: tuple[NewActivity, ...]


def add_groups(groups: Sequence[NewGroup]) -> None:
    """Add groups and their activities, in this order, after those that stand: two statements."""
    with transaction.atomic():
        first = ActivityGroup.objects.count()
        made = ActivityGroup.objects.bulk_create(
            ActivityGroup(name=new.name, slug=new.slug, order=first + number, deadline=deadlines.to_json(new.rule))
            for number, new in enumerate(groups)
        )
        Activity.objects.bulk_create(
            Activity(
                group=group,
                name=activity.name,
                order=number,
                season=activity.season,
                weekdays=list(activity.weekdays),
                places=activity.places,
            )
            for group, new in zip(made, groups, strict=True)
            for number, activity in enumerate(new.activities)
        )
        renew_catalogue_stamp()


def load_calendar(*, school_zone: str, holiday_zone: str = "Métropole", first_year: int, last_year: int) -> None:
    """Write the school holidays of a zone (A, B or C) and the public holidays of these years, where absent.

    Years that the national calendar has not yet published are left out.
    """
    with transaction.atomic():
        SchoolVacation.objects.bulk_create(_vacations(school_zone, first_year, last_year), ignore_conflicts=True)
        PublicHoliday.objects.bulk_create(
            [
                PublicHoliday(day=day, name=name)
                for year in range(first_year, last_year + 1)
                for name, day in JoursFeries.for_year(year, zone=holiday_zone).items()
            ],
            ignore_conflicts=True,
        )
        renew_catalogue_stamp()


def materialize(*, first_day: date, last_day: date) -> int:
    """Make the service days of every activity at every school, both days included; those that stand are kept.

    Returns how many were asked for. An activity is held on its weekdays in its season, and never on
    a public holiday.
    """
    with transaction.atomic():
        calendar = _Calendar.read()
        sites = list(Site.objects.filter(is_school=True))
        wanted = [
            ServiceDay(activity=activity, site=site, day=day, places=activity.places)
            for activity in Activity.objects.all()
            for day in calendar.days_of(activity, first_day, last_day)
            for site in sites
        ]
        ServiceDay.objects.bulk_create(wanted, batch_size=_BATCH, ignore_conflicts=True)
    return len(wanted)


@dataclass(frozen=True, slots=True)
class _Calendar:
    """The season of each day."""

    holidays: frozenset[date]
    vacations: tuple[SchoolVacation, ...]

    @classmethod
    def read(cls) -> "_Calendar":
        return cls(frozenset(PublicHoliday.objects.values_list("day", flat=True)), tuple(SchoolVacation.objects.all()))

    def days_of(self, activity: Activity, first_day: date, last_day: date) -> list[date]:
        days = (first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1))
        return [
            day
            for day in days
            if day.weekday() in activity.weekdays and day not in self.holidays and self.season(day) == activity.season
        ]

    def season(self, day: date) -> Season:
        vacation = next((found for found in self.vacations if found.first_day <= day <= found.last_day), None)
        if vacation is None:
            return Season.TERM
        return Season.SUMMER if vacation.is_summer else Season.SHORT_VACATION


def _vacations(school_zone: str, first_year: int, last_year: int) -> list[SchoolVacation]:
    """The days of the national calendar, gathered into stretches of one name."""
    source = SchoolHolidayDates()
    stretches: list[SchoolVacation] = []
    for year in range(max(first_year, source.min_year), min(last_year, source.max_year) + 1):
        for day, facts in sorted(source.holidays_for_year_and_zone(year, school_zone).items()):
            name = facts["nom_vacances"]
            last = stretches[-1] if stretches else None
            if last and last.name == name and last.last_day == day - timedelta(days=1):
                last.last_day = day
            else:
                stretches.append(SchoolVacation(name=name, first_day=day, last_day=day, is_summer=name == SUMMER))
    return stretches
