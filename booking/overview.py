"""What the town hall looks at in the morning: places taken, meals to come, the next deadline, what is not right.

Each function makes the statements that it says, whatever the size of the town; `Reach` keeps them to an agent's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncWeek

from booking import catalogue, kitchen
from booking.kitchen import Meals
from booking.models import Attendance, Booking, ServiceDay, WaitingEntry
from booking.rules.deadlines import deadline
from lps.families.models import Custody, DataRequest, Enrollment, Guardian, Household
from lps.families.queries.households import data_requests
from tenants import context
from tenants.town.models import TownSettings

AHEAD, WEEKS, ABSENCES = timedelta(days=21), 8, 3
RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The schools and activities of an agent; empty means all of them."""

    sites: frozenset[int] = frozenset()
    activities: frozenset[int] = frozenset()

    def of(self, rows: QuerySet[Any], *, site: str = "site", activity: str = "activity") -> QuerySet[Any]:
        """Those of these rows that are the agent's, by the names of their school and activity."""
        if self.sites:
            rows = rows.filter(**{f"{site}__in": self.sites})
        return rows.filter(**{f"{activity}__in": self.activities}) if self.activities else rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """An activity on a day: how many are booked, of how many places (None: no limit), how many wait."""

    activity_id: int
    name: str
    is_meal: bool
    booked: int
    places: int | None
    waiting: int

    @property
    def is_full(self) -> bool:
        return self.places is not None and self.booked >= self.places


@dataclass(frozen=True, slots=True)
class MealsOfDay:
    """A day to come: how many meals, and whether the number is settled for the families."""

    day: date
    number: int
    settled: bool


@dataclass(frozen=True, slots=True)
class NextClosing:
    """The deadline that comes next: its instant, and the days whose choices it closes."""

    closes_at: datetime
    days: tuple[date, ...]
    activities: frozenset[int]

    @property
    def week(self) -> int | None:
        """The number of the week when it closes several days of one."""
        weeks = {day.isocalendar()[:2] for day in self.days}
        return self.days[0].isocalendar().week if len(self.days) > 1 and len(weeks) == 1 else None


def tiles(day: date, *, reach: Reach) -> list[Tile]:
    """The activities held on a day, all schools together, in the town's order: one statement."""
    held = reach.of(ServiceDay.objects.filter(day=day, open=True)).annotate(
        booked=_per_day(Booking.objects.standing()),
        waiters=_per_day(WaitingEntry.objects.filter(state__in=WaitingEntry.OPEN)),
    )
    rows = held.order_by("activity__group__order", "activity__group", "activity__order", "activity", "pk")
    by_activity: dict[int, list[Any]] = {}
    for row in rows.select_related("activity"):
        by_activity.setdefault(row.activity_id, []).append(row)
    return [_tile(found) for found in by_activity.values()]


def _tile(found: Sequence[Any]) -> Tile:
    places = [row.places for row in found]
    return Tile(
        activity_id=found[0].activity_id,
        name=found[0].activity.name,
        is_meal=found[0].activity.is_meal,
        booked=sum(row.booked for row in found),
        places=None if None in places else sum(places),
        waiting=sum(row.waiters for row in found),
    )


def meals_from(day: date, *, days: int, reach: Reach) -> list[Meals]:
    """The meals booked from a day on, by kind: one statement."""
    last = day + timedelta(days=days - 1)
    return kitchen.count(first_day=day, last_day=last, sites=reach.sites, activities=reach.activities)


def by_day(meals: Iterable[Meals], *, now: datetime) -> list[MealsOfDay]:
    """The same, a line a day, at `now` (aware)."""
    found: dict[date, MealsOfDay] = {}
    for one in meals:
        before = found.get(one.day, MealsOfDay(one.day, 0, True))
        settled = before.settled and kitchen.is_settled(one, now=now)
        found[one.day] = MealsOfDay(one.day, before.number + one.number, settled)
    return list(found.values())


def next_closing(*, now: datetime, reach: Reach) -> NextClosing | None:
    """The next deadline of booking, and what it closes, at `now` (aware): one statement."""
    facts, zone = catalogue.read(), context.current().zone
    today = now.astimezone(zone).date()
    held = reach.of(ServiceDay.objects.filter(open=True, day__range=(today, today + AHEAD)))
    known: dict[tuple[int, date], datetime] = {}
    closings: dict[datetime, list[tuple[date, int]]] = {}
    for activity, day in held.order_by("day").values_list("activity", "day").distinct():
        rule = facts.activities[activity].rule.book
        key = (id(rule), day)
        if key not in known:
            known[key] = deadline(rule, day=day, calendar=facts.calendar, zone=zone)
        if known[key] > now:
            closings.setdefault(known[key], []).append((day, activity))
    if not closings:
        return None
    closes_at = min(closings)
    pairs = closings[closes_at]
    days = tuple(sorted({day for day, _activity in pairs}))
    return NextClosing(closes_at, days, frozenset(activity for _day, activity in pairs))


def without_booking(closing: NextClosing, *, today: date, reach: Reach) -> QuerySet[Household]:
    """The families with a child at school who have booked nothing of what that deadline closes, by name."""
    booked = Booking.objects.standing().filter(
        household=OuterRef("pk"), day__in=closing.days, activity__in=closing.activities
    )
    return households_of(today, reach=reach).exclude(Exists(booked)).order_by("name_sort", "pk")


def households_of(today: date, *, reach: Reach) -> QuerySet[Household]:
    """The families that have a child in a class on a day."""
    seat = Enrollment.objects.filter(child=OuterRef("child"), valid_during__contains=today)
    if reach.sites:
        seat = seat.filter(school_class__site__in=reach.sites)
    held = Custody.objects.filter(household=OuterRef("pk"), valid_during__contains=today)
    return Household.objects.filter(Exists(held.filter(Exists(seat))))


# --- What is not right ---------------------------------------------------------------------------------------------


def last_day_held(today: date, *, reach: Reach) -> QuerySet[Any]:
    """The last day before today on which something was held, as a row of one value."""
    held = reach.of(ServiceDay.objects.filter(open=True, day__lt=today))
    last: QuerySet[Any] = held.order_by("-day").values("day")[:1]
    return last


def unbooked(today: date, *, reach: Reach) -> QuerySet[Attendance]:
    """Who came on the last day held without a booking that stands now: one made since settles it."""
    booked = Booking.objects.standing().filter(child=OuterRef("child"), service_day=OuterRef("service_day"))
    seen = Attendance.objects.filter(
        ~Exists(booked), service_day__day=Subquery(last_day_held(today, reach=reach)), state=Attendance.State.PRESENT
    )
    return reach.of(seen, site="service_day__site", activity="service_day__activity")


def absent_often(today: date, *, reach: Reach) -> QuerySet[Any]:
    """Who was booked and absent three times or more in thirty days, by child and activity: `times`, `last`."""
    seen = Attendance.objects.filter(
        service_day__day__range=(today - RECENT, today), state=Attendance.State.ABSENT, unbooked=False
    )
    rows = reach.of(seen, site="service_day__site", activity="service_day__activity").order_by()
    pairs: QuerySet[Any] = rows.values("child", "service_day__activity")
    counted: QuerySet[Any] = pairs.annotate(times=Count("pk"), last=Max("service_day__day"))
    return counted.filter(times__gte=ABSENCES)


def offers(now: datetime, *, reach: Reach) -> QuerySet[WaitingEntry]:
    """The places offered whose families have not answered at `now` (aware)."""
    rows = WaitingEntry.objects.filter(state=WaitingEntry.State.OFFERED, accept_by__gt=now)
    return reach.of(rows, site="service_day__site", activity="service_day__activity")


def rolls_not_called(today: date, *, reach: Reach) -> QuerySet[ServiceDay]:
    """What was held on the last day with children booked, and whose roll nobody called."""
    held = reach.of(ServiceDay.objects.filter(open=True, day=Subquery(last_day_held(today, reach=reach))))
    booked = Booking.objects.standing().filter(service_day=OuterRef("pk"))
    called = Attendance.objects.filter(service_day=OuterRef("pk"))
    return held.filter(Exists(booked), ~Exists(called))


def unreachable(today: date, *, reach: Reach) -> QuerySet[Household]:
    """The families without any telephone, or without any e-mail: `has_phone`, `has_email`."""
    guardians = Guardian.objects.filter(household=OuterRef("pk"))
    rows: QuerySet[Any] = households_of(today, reach=reach).annotate(
        has_phone=Exists(guardians.exclude(phone="")), has_email=Exists(guardians.exclude(email=""))
    )
    return rows.filter(Q(has_phone=False) | Q(has_email=False))


def requests_to_answer(today: date, *, reach: Reach) -> QuerySet[DataRequest]:
    """What families asked about their data, not yet answered."""
    return data_requests(day=today, sites=reach.sites).filter(answered_at__isnull=True)


def numbers(of: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """How many rows each of these has: one statement for all."""
    if not of:
        return {}
    asked = {name: _Number(rows.order_by()) for name, rows in of.items()}
    found: dict[str, Any] = dict(TownSettings.objects.filter(pk=1).values(**asked).get())
    return found


class _Number(Subquery):
    """How many rows a query gives, as one value."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def _per_day(rows: QuerySet[Any]) -> Coalesce:
    """How many of these rows a service day has."""
    counted = rows.filter(service_day=OuterRef("pk")).order_by().values("service_day").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)


# --- The past weeks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filling:
    """A week of an activity: bookings, and the places there were (None: no limit)."""

    booked: int = 0
    places: int | None = None

    @property
    def percent(self) -> int | None:
        """Of its places; None without a limit."""
        return None if not self.places else round(100 * self.booked / self.places)


@dataclass(frozen=True, slots=True)
class PastWeeks:
    """The weeks, by their Mondays, and what each activity held in them."""

    mondays: tuple[date, ...]
    activities: Mapping[str, Mapping[date, Filling]] = field(default_factory=dict)

    @property
    def rows(self) -> list[tuple[str, list[Filling]]]:
        """An activity a row, a week a column."""
        return [
            (name, [weeks.get(monday, Filling()) for monday in self.mondays]) for name, weeks in self.activities.items()
        ]

    def total(self, monday: date) -> Filling:
        """All activities of a week; the rate counts those that have a number of places."""
        found = [weeks[monday] for weeks in self.activities.values() if monday in weeks]
        limited = [one for one in found if one.places is not None]
        if not limited:
            return Filling(sum(one.booked for one in found))
        return Filling(sum(one.booked for one in limited), sum(one.places or 0 for one in limited))

    @property
    def is_limited(self) -> bool:
        """Whether some activity has a number of places: else weeks are told in bookings."""
        return any(one.places is not None for weeks in self.activities.values() for one in weeks.values())


def past_weeks(today: date, *, reach: Reach) -> PastWeeks:
    """The eight weeks before this one: two statements."""
    monday = today - timedelta(days=today.weekday())
    first, last = monday - timedelta(weeks=WEEKS), monday - timedelta(days=1)
    held = reach.of(ServiceDay.objects.filter(open=True, day__range=(first, last))).order_by()
    places = (
        held.annotate(week=TruncWeek("day"))
        .values_list("activity", "week")
        .annotate(total=Sum("places"), unlimited=Count("pk", filter=Q(places__isnull=True)))
    )
    rows = Booking.objects.standing().filter(day__range=(first, last))
    booked = reach.of(rows, site="service_day__site").order_by().annotate(week=TruncWeek("day"))
    taken = {(activity, week): number for activity, week, number in _counted(booked)}
    found: dict[int, dict[date, Filling]] = {}
    for activity, week, number, unlimited in places:
        filling = Filling(taken.get((activity, week), 0), None if unlimited else number)
        found.setdefault(activity, {})[week] = filling
    names = catalogue.read().activity_names
    return PastWeeks(
        tuple(first + timedelta(weeks=number) for number in range(WEEKS)),
        {name: found[pk] for pk, name in names.items() if pk in found},
    )


def _counted(rows: QuerySet[Any]) -> QuerySet[Any]:
    counted: QuerySet[Any] = rows.values_list("activity", "week").annotate(number=Count("pk"))
    return counted
