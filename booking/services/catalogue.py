"""Making a town's catalogue and its school calendar. The days themselves are made by `booking.services.days`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from jours_feries_france import JoursFeries
from vacances_scolaires_france import SchoolHolidayDates

from booking.models import (
    Activity,
    ActivityGroup,
    ActivityTie,
    Entitlement,
    PublicHoliday,
    SchoolVacation,
    Season,
)
from booking.rules import deadlines
from booking.rules.deadlines import DeadlineRule
from booking.rules.entitlements import Access
from booking.wakeup import EXTEND
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants.holidays import holiday_zone
from tenants.town.services import lock_settings, renew_catalogue_stamp
from tenants.wakeup import wake_after_commit

SUMMER = "Vacances d'été"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewActivity:
    """An activity to be made: when it is held, and its places a day (None: no limit)."""

    name: str
    weekdays: tuple[int, ...]
    season: Season = Season.TERM
    places: int | None = None
    is_meal: bool = False


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
                is_meal=activity.is_meal,
            )
            for group, new in zip(made, groups, strict=True)
            for number, activity in enumerate(new.activities)
        )
        renew_catalogue_stamp()


class CatalogueNotEmpty(ValueError):
    """The town has groups already: a template is not laid over them."""


def apply_template(groups: Sequence[NewGroup], *, name: str, by: Actor, at: datetime) -> None:
    """Start an empty catalogue from one of `booking.catalogue_templates`; a worker then makes the days of its schools.

    Raises `CatalogueNotEmpty`.
    """
    with transaction.atomic():
        lock_settings()
        if ActivityGroup.objects.exists():
            raise CatalogueNotEmpty
        add_groups(groups)
        after = {"template": name, "groups": [group.name for group in groups]}
        record(by=by, channel=Channel.OFFICE, action="catalogue_started", subject="catalogue", after=after, at=at)
        wake_after_commit(EXTEND)


def entitle(*, activity_id: int, ways: Iterable[Access]) -> None:
    """Say who may book an activity, in place of what was said: any one way is enough, none opens it to all."""
    with transaction.atomic():
        Entitlement.objects.filter(activity=activity_id).delete()
        Entitlement.objects.bulk_create(
            Entitlement(
                activity_id=activity_id, site_id=way.site_id, level=way.level, youngest=way.youngest, oldest=way.oldest
            )
            for way in ways
        )
        renew_catalogue_stamp()


def tie(*, one: int, other: int, kind: ActivityTie.Kind) -> ActivityTie:
    """Tie two activities of a day: never both, or never one without the other."""
    first, second = sorted((one, other))
    with transaction.atomic():
        made = ActivityTie.objects.create(kind=kind, first_id=first, second_id=second)
        renew_catalogue_stamp()
    return made


def load_calendar(*, school_zone: str, insee: str, first_year: int, last_year: int) -> None:
    """Write the school holidays of a zone (A, B, C, or none) and the public holidays of a commune, where absent.

    Years that the national calendar has not yet published are left out, and so are the school holidays of a town
    overseas, which has no zone: its agents enter them. What stands already stays, what they corrected does not come
    back, and nothing is renewed for it; only holidays cut at the end of the last year read get their end when the
    next year is.
    """
    with transaction.atomic():
        before = SchoolVacation.objects.count() + PublicHoliday.objects.count()
        corrected = SchoolVacation.objects.filter(published_day__isnull=False)
        taken = set(corrected.values_list("published_day", flat=True))
        vacations = [read for read in _vacations(school_zone, first_year, last_year) if read.first_day not in taken]
        SchoolVacation.objects.bulk_create(vacations, ignore_conflicts=True)
        PublicHoliday.objects.bulk_create(
            [
                PublicHoliday(day=day, name=name)
                for year in range(first_year, last_year + 1)
                for name, day in JoursFeries.for_year(year, zone=holiday_zone(insee)).items()
            ],
            ignore_conflicts=True,
        )
        completed = _complete(vacations)
        if completed or SchoolVacation.objects.count() + PublicHoliday.objects.count() != before:
            renew_catalogue_stamp()


def change_zone(*, before: str, after: str, insee: str, first_year: int, last_year: int) -> None:
    """Write the school holidays of another zone in place of those of the former one; what agents entered stays."""
    with transaction.atomic():
        for read in _vacations(before, first_year, last_year):
            national = SchoolVacation.objects.filter(is_local=False)
            national.filter(name=read.name, first_day=read.first_day, last_day=read.last_day).delete()
        load_calendar(school_zone=after, insee=insee, first_year=first_year, last_year=last_year)
        renew_catalogue_stamp()


def _complete(vacations: Iterable[SchoolVacation]) -> int:
    """Give their true end to the holidays of Christmas written when no more than their first year had been read.

    Returns how many there were.
    """
    return sum(
        SchoolVacation.objects.filter(first_day=read.first_day, last_day=date(read.first_day.year, 12, 31)).update(
            last_day=read.last_day
        )
        for read in vacations
        if read.last_day.year > read.first_day.year
    )


def _vacations(school_zone: str, first_year: int, last_year: int) -> list[SchoolVacation]:
    """The days of the national calendar, gathered into stretches of one name."""
    if not school_zone:
        return []
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
