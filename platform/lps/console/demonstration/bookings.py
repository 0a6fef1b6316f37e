"""What the demonstration's families have booked, and the périscotidien periods that they are offered."""

import random
import uuid
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from booking import catalogue
from booking.models import Attendance, Booking
from booking.queries import days_held
from booking.rules.planning import Cell, Change
from booking.services.bookings import change_bookings
from booking.services.days import horizon, materialize
from booking.services.entry import Entered, enter_bookings
from booking.services.periods import add_period, choose_period
from lps.console.furnishing import open_days
from lps.families.identity import actor_of
from lps.families.models import Household
from lps.families.queries.children import children_of
from lps.families.queries.pupils import Pupil, pupils_of
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel

BY = Actor.system("démonstration")
_AHEAD = 8  # weeks of bookings from today's on
# The share of Buchelay's children who come to each activity.
_HABITS = {
    "Cantine": 0.75,
    "Accueil Matin": 0.3,
    "Accueil Soir": 0.4,
    "Transport scolaire 8h30": 0.15,
    "Mercredi": 0.3,
}
# What the rolls say, out of a hundred; and the last minute at which a child is fetched.
_SEEN, _OFTEN = (Attendance.State.PRESENT, Attendance.State.ABSENT, Attendance.State.EXCUSED), (95, 3, 2)
_LAST_BELL = time(18, 40)
_SPAN = timedelta(days=50)  # of a period: from 11/11 to 31/12
_TWO_PERIODS = timedelta(weeks=24)  # until the second one has days, a summer between


def open_days_ahead(*, today: date) -> None:
    """The days of a town just made, and in spring those after the summer too, which the second period falls on."""
    open_days(today=today)
    made, wanted = horizon(today), today + _TWO_PERIODS
    if made < wanted:
        materialize(first_day=made, last_day=min(wanted, made.replace(month=12, day=31)))  # the calendar is read so far


def book_families(households: list[Household], *, now: datetime, today: date) -> None:
    """The bookings from last month's first day, which an agent may invoice, to the weeks ahead.

    Each child has habits of its own; those of the first family, whose codes are told, have lunch.
    """
    source = random.Random(1013)
    by_name = _activities()
    first_day = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    last_day = today + timedelta(weeks=_AHEAD, days=6 - today.weekday())
    days = [first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)]
    entered = []
    for pupil in pupils_of(households, day=today):
        chosen = {
            by_name[name]: source.sample(range(5), k=source.randrange(2, 5))
            for name, share in _HABITS.items()
            if source.random() < share or (name == "Cantine" and pupil.household_id == households[0].pk)
        }
        entered += [
            _entered(pupil, activity, day)
            for activity, weekdays in chosen.items()
            for day in days
            if day.weekday() in weekdays
        ]
    enter_bookings(entered, by=BY, channel=Channel.AUTOMATIC, at=now)


def call_rolls(*, now: datetime, today: date) -> None:
    """The rolls of last month, each at the end of its day: nearly all came, some were fetched late in the evening."""
    source = random.Random(2611)
    zone, last_day = now.tzinfo, today.replace(day=1) - timedelta(days=1)
    booked = Booking.objects.standing().filter(day__range=(last_day.replace(day=1), last_day)).order_by("pk")
    seen = []
    for service_day, child, day, name in booked.values_list(
        "service_day", "child", "day", "service_day__activity__name"
    ):
        state = source.choices(_SEEN, weights=_OFTEN)[0]
        fetched = state == Attendance.State.PRESENT and name == "Accueil Soir"
        left = datetime.combine(day, _LAST_BELL, tzinfo=zone) - timedelta(minutes=source.randrange(0, 100, 5))
        seen.append(
            Attendance(
                service_day_id=service_day,
                child_id=child,
                state=state,
                left_at=left if fetched else None,
                noted_at=datetime.combine(day, time(19), tzinfo=zone),
                noted_by=BY.label,
            )
        )
    Attendance.objects.bulk_create(seen, batch_size=2000)


def book_marsone(household: Household, *, now: datetime, today: date) -> None:
    """Bookings of the weeks around today, then three saves, one by each door, for the journal.

    On 8 October 2014 they are those of the screens that the town was shown.
    """
    by_name = _activities()
    angeline, bertrand = (found.child for found in children_of(household=household, day=today))
    pupils = {pupil.child_id: pupil for pupil in pupils_of([household], day=today)}
    monday = today - timedelta(days=today.weekday())
    this_week, other_weeks = (0,), (*range(-4, 0), *range(1, 9))
    habits = (
        (angeline, "Transport scolaire 8h30", (4,), this_week),
        (angeline, "Transport scolaire 11h30", (3, 4), this_week),
        (angeline, "Transport scolaire 8h30", (0, 1, 3, 4), other_weeks),
        (angeline, "Transport scolaire 16h30", (0, 1, 3, 4), other_weeks),
        (angeline, "Cantine ADULTE", (3,), (*this_week, *other_weeks)),
        (bertrand, "Accueil Matin", (0, 3), (*this_week, *other_weeks)),
        (bertrand, "Accueil Soir", (3,), (*this_week, *other_weeks)),
    )
    enter_bookings(
        [
            _entered(pupils[child.pk], by_name[name], monday + timedelta(weeks=week, days=day))
            for child, name, weekdays, weeks in habits
            for week in weeks
            for day in weekdays
        ],
        by=BY,
        channel=Channel.AUTOMATIC,
        at=now - timedelta(days=20),
    )
    caller = Actor(ActorKind.CALLER, str(household.pk), "famille MARSONE")
    office = Actor(ActorKind.AGENT, "0", "Service scolaire")
    saves = (
        (angeline, "Transport scolaire 16h30", False, actor_of(household), Channel.WEB, 3),
        (angeline, "Transport scolaire 11h30", True, caller, Channel.VOICE, 2),
        (bertrand, "Accueil Soir", True, office, Channel.OFFICE, 1),
    )
    for child, name, wanted, by, channel, ago in saves:
        site_id, after = pupils[child.pk].site_id, monday + timedelta(days=15)
        days = days_held(activity_id=by_name[name], site_id=site_id, after=after, number=4)
        change_bookings(
            child=child,
            household=household,
            changes=[Change(Cell(by_name[name], day), wanted) for day in days],
            by=by,
            channel=channel,
            received_at=_at_noon(now, days_ago=ago),
            jeton=uuid.uuid4(),
        )


def offer_periods(households: list[Household], *, now: datetime, today: date) -> None:
    """Two periods: one that these households' children have chosen already, one that is still to choose."""
    by_name = _activities()
    morning = by_name["Accueil Matin"]
    site_id = pupils_of(households, day=today)[0].site_id
    first, last = _span(morning, site_id, earliest=today + timedelta(days=34))
    chosen = add_period(first_day=first, last_day=last, activities=[morning])
    later_first, later_last = _span(morning, site_id, earliest=last + timedelta(days=1))
    add_period(first_day=later_first, last_day=later_last, activities=[morning, by_name["Accueil Soir"]])
    facts = catalogue.read().period(chosen.pk)
    assert facts is not None
    for household in households:
        for rank, child in enumerate(children_of(household=household, day=today)):
            choose_period(
                period=facts,
                child=child.child,
                household=household,
                chosen={morning: frozenset((0, 1, 3, 4) if rank == 0 else (0, 3))},
                by=actor_of(household),
                channel=Channel.WEB,
                received_at=_at_noon(now, days_ago=4),
                jeton=uuid.uuid4(),
            )


def _span(activity_id: int, site_id: int, *, earliest: date) -> tuple[date, date]:
    """Fifty-one days from the earliest on, or from the next day held when the summer would leave few of them."""
    held = days_held(activity_id=activity_id, site_id=site_id, after=earliest - timedelta(days=1), number=1)
    first = held[0] if held and held[0] - earliest > _SPAN / 2 else earliest
    return first, first + _SPAN


def _activities() -> Mapping[str, int]:
    return {name: pk for pk, name in catalogue.read().activity_names.items()}


def _entered(pupil: Pupil, activity_id: int, day: date) -> Entered:
    return Entered(pupil.child_id, pupil.household_id, pupil.site_id, activity_id, day)


def _at_noon(now: datetime, *, days_ago: int) -> datetime:
    return datetime.combine((now - timedelta(days=days_ago)).date(), time(12, 4), tzinfo=now.tzinfo)
