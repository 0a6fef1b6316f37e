"""Who may do what with the catalogue and the bookings: the town's other software by scope, agents by role."""

from collections.abc import Iterable
from dataclasses import dataclass

from booking.models import Activity
from lps.accounts.actors import Agent
from lps.accounts.rights import Right, allowed
from lps.accounts.roles import AGENT_ROLES, Role
from lps.journal.actors import Actor

READ_CATALOGUE = "booking.read_catalogue"
CHANGE_CATALOGUE = "booking.change_catalogue"
READ_BOOKINGS = "booking.read_bookings"
CHANGE_BOOKINGS = "booking.change_bookings"

READ_DAY = "booking.read_day"
CALL_ROLL = "booking.call_roll"
READ_HEALTH = "booking.read_health_at_roll_call"
COUNT_MEALS = "booking.count_meals"
READ_ANSWERS = "booking.read_pre_registrations"
DECIDE_ANSWERS = "booking.decide_pre_registrations"
RUN_CAMPAIGNS = "booking.run_campaigns"
READ_CALENDAR = "booking.read_calendar"
SET_CALENDAR = "booking.set_calendar"
READ_CLOSURES = "booking.read_closures"
CLOSE_DAYS = "booking.close_days"
READ_PERIODS = "booking.read_periods"
SET_PERIODS = "booking.set_periods"
READ_WAITING = "booking.read_waiting_lists"
MOVE_WAITING = "booking.move_waiting_lists"

# The counter: what a parent may do, in its name; then what the rules of the families refuse, with a reason.
READ_COUNTER = "booking.read_counter"
BOOK_AT_COUNTER = "booking.book_at_counter"
PASS_OVER_RULES = "booking.pass_over_rules"
# The town's other software.
READ_ATTENDANCE = "booking.read_attendance"
NOTE_ATTENDANCE = "booking.note_attendance"
READ_DECLARED = "booking.read_declared_absences"
READ_ABSENCES = "booking.read_absences"
ANSWER_ABSENCES = "booking.answer_absences"

_DESK = frozenset({Role.SCHOOL, Role.CASH_OFFICE})

OWN = (
    Right(READ_CATALOGUE, roles=frozenset(AGENT_ROLES), scope="catalogue:lire"),
    Right(CHANGE_CATALOGUE, roles=frozenset({Role.SCHOOL})),
    Right(READ_BOOKINGS, scope="reservations:lire"),
    Right(CHANGE_BOOKINGS, scope="reservations:modifier"),
    Right(READ_DAY, roles=frozenset(AGENT_ROLES)),
    Right(CALL_ROLL, roles=frozenset({Role.SCHOOL, Role.ACTIVITIES, Role.CANTEEN})),
    Right(READ_HEALTH, roles=frozenset({Role.SCHOOL, Role.ACTIVITIES, Role.CANTEEN})),
    Right(
        COUNT_MEALS, roles=frozenset({Role.SCHOOL, Role.CANTEEN, Role.CASH_OFFICE, Role.READ_ONLY}), scope="repas:lire"
    ),
    Right(READ_ANSWERS, roles=frozenset({Role.SCHOOL, Role.ACTIVITIES, Role.CASH_OFFICE, Role.READ_ONLY})),
    Right(DECIDE_ANSWERS, roles=frozenset({Role.SCHOOL, Role.ACTIVITIES})),
    Right(RUN_CAMPAIGNS, roles=frozenset({Role.SCHOOL})),
    Right(READ_COUNTER, roles=_DESK | {Role.ACTIVITIES, Role.READ_ONLY}),
    Right(BOOK_AT_COUNTER, roles=_DESK | {Role.ACTIVITIES}),
    Right(PASS_OVER_RULES, roles=_DESK),
    Right(READ_CALENDAR, roles=frozenset(AGENT_ROLES)),
    Right(SET_CALENDAR, roles=frozenset({Role.SCHOOL})),
    Right(READ_CLOSURES, roles=frozenset(AGENT_ROLES)),
    Right(CLOSE_DAYS, roles=frozenset({Role.SCHOOL, Role.ACTIVITIES})),
    Right(READ_PERIODS, roles=frozenset({Role.SCHOOL, Role.ACTIVITIES, Role.CASH_OFFICE, Role.READ_ONLY})),
    Right(SET_PERIODS, roles=frozenset({Role.SCHOOL})),
    Right(READ_WAITING, roles=frozenset(AGENT_ROLES)),
    Right(MOVE_WAITING, roles=frozenset({Role.SCHOOL, Role.ACTIVITIES})),
    Right(READ_ATTENDANCE, scope="pointage:lire"),
    Right(NOTE_ATTENDANCE, scope="pointage:noter"),
    Right(READ_DECLARED, scope="absences:lire"),
    Right(READ_ABSENCES, roles=_DESK | {Role.ACTIVITIES}),
    Right(ANSWER_ABSENCES, roles=_DESK),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What an action reaches: a school and an activity, None for all of them."""

    site_id: int | None = None
    activity_id: int | None = None


def may_reach(actor: Actor | None, action: str, reach: Reach) -> bool:
    """Whether an actor may do what reaches there: one kept to some schools or activities never reaches all of them."""
    if isinstance(actor, Agent) and (
        (actor.sites and reach.site_id is None) or (actor.activities and reach.activity_id is None)
    ):
        return False
    return allowed(actor, action, reach)


def own_activities(actor: Actor | None) -> frozenset[int]:
    """The activities to which an agent is kept, none when it serves all of them."""
    return actor.activities if isinstance(actor, Agent) else frozenset()


def serves_one_of(actor: Actor | None, activities: Iterable[Activity]) -> bool:
    """Whether something about these activities is an actor's to read: one kept to some others does not."""
    return not isinstance(actor, Agent) or not actor.activities or any(one.pk in actor.activities for one in activities)


def serves_all_of(actor: Actor | None, activities: Iterable[Activity]) -> bool:
    """Whether something about these activities is an actor's to decide: one kept to some decides of these alone."""
    return not isinstance(actor, Agent) or not actor.activities or all(one.pk in actor.activities for one in activities)
