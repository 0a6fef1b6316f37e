"""What agents read about closures: the list, what one would touch or touched, what undoing it would do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db.models import Count, Model, Q, QuerySet

from booking.message_kinds import CLOSURE
from booking.models import Activity, Booking, Closure, ClosureWork
from booking.rules.reopening import TOLD, Why
from booking.services.closure_work import UNFINISHED
from booking.services.reopening import Verdict
from lps.families.models import Household, SchoolClass
from lps.families.queries.school import classes_to_come
from lps.families.recipients import of_many

Row = TypeVar("Row", bound=Model)
FAILURES_SHOWN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The families concerned, counted; `unreachable` are those to be told otherwise than by e-mail."""

    families: int
    unreachable: tuple[Household, ...]

    @property
    def written_to(self) -> int:
        """How many families an e-mail goes to."""
        return self.families - len(self.unreachable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched(Told):
    """The same, with the bookings of a closure and their children."""

    bookings: int
    children: int


def count(bookings: QuerySet[Booking]) -> Touched:
    """At most eight statements, however many bookings."""
    pairs = set(bookings.order_by().values_list("household", "child").distinct())
    households = {household for household, _child in pairs}
    return Touched(
        bookings=bookings.order_by().count(),
        children=len({child for _household, child in pairs}),
        families=len(households),
        unreachable=_unreachable(households),
    )


def told_of_undo(closure: Closure, verdicts: Iterable[Verdict]) -> Told:
    """Whom undoing it writes to: what comes back is told, and what a family would else believe to."""
    told = {verdict.booking for verdict in verdicts if verdict.why is None or verdict.why in TOLD}
    owners = canceled_by(closure).order_by().values_list("pk", "household")
    households = {household for booking, household in owners if booking in told}
    return Told(families=len(households), unreachable=_unreachable(households))


def _unreachable(households: set[int]) -> tuple[Household, ...]:
    left = households - set(of_many(households, CLOSURE)) if households else households
    return tuple(Household.objects.filter(pk__in=left)) if left else ()


def canceled_by(closure: Closure) -> QuerySet[Booking]:
    """The bookings that a closure canceled, by day, activity and name."""
    rows = Booking.objects.filter(closure=closure.pk, canceled_at__isnull=False)
    rows = rows.select_related("child", "activity__group", "household", "service_day__site")
    return rows.order_by("day", "activity__group__order", "activity__order", "activity", "child__name_sort", "pk")


def closures(*, sites: Iterable[int], activities: Iterable[int]) -> QuerySet[Closure]:
    """Those to come and of today first, then the past; of these schools and activities, or all, when none is given."""
    rows = Closure.objects.select_related("site", "school_class__site", "activity").annotate(
        number=Count("canceled", filter=Q(canceled__canceled_at__isnull=False))
    )
    return _concerning(rows, sites, activities).order_by("-first_day", "-pk")


def works(*, sites: Iterable[int], activities: Iterable[int]) -> QuerySet[ClosureWork]:
    """What was asked, of these schools and activities, or all, when none is given."""
    rows = ClosureWork.objects.select_related("site", "school_class__site", "activity", "closure")
    return _concerning(rows, sites, activities)


def to_follow(rows: QuerySet[ClosureWork], *, now: datetime) -> list[ClosureWork]:
    """Of these, what is under way and what failed in the last days, the latest first: one statement."""
    failed = Q(state=ClosureWork.State.FAILED, finished_at__gt=now - FAILURES_SHOWN)
    return list(rows.filter(Q(state__in=UNFINISHED) | failed).order_by("-pk"))


def undoing(closure: Closure) -> ClosureWork | None:
    """Its undoing, while it is under way."""
    return closure.works.filter(kind=ClosureWork.Kind.UNDO, state__in=UNFINISHED).first()


def _concerning(rows: QuerySet[Row], sites: Iterable[int], activities: Iterable[int]) -> QuerySet[Row]:
    """Those that an agent kept to some schools and activities may read."""
    if kept := list(sites):
        rows = rows.filter(
            Q(site__in=kept) | Q(school_class__site__in=kept) | Q(site__isnull=True, school_class__isnull=True)
        )
    if of := list(activities):
        rows = rows.filter(Q(activity__in=of) | Q(activity__isnull=True))
    return rows


def state(closure: Closure, *, today: date) -> str:
    """In one word: "undone", "coming", "now", "past"."""
    if closure.undone_at:
        return "undone"
    if closure.first_day > today:
        return "coming"
    return "now" if closure.last_day >= today else "past"


def site_of(closure: Closure) -> int | None:
    """The school that it reaches, that of its class if it has one; None for all."""
    return closure.school_class.site_id if closure.school_class else closure.site_id


def activities() -> list[Activity]:
    """Every activity, by group, in the town's order."""
    return list(Activity.objects.select_related("group").order_by("group__order", "group", "order", "pk"))


def classes(today: date) -> list[SchoolClass]:
    """The classes of this year and the next, by year and school."""
    return classes_to_come(today)


def by_reason(verdicts: Iterable[Verdict]) -> tuple[list[int], list[tuple[Why, list[int]]]]:
    """The keys of the bookings that come back, then of those that do not, by reason, the most frequent first."""
    back: list[int] = []
    kept: dict[Why, list[int]] = {}
    for verdict in verdicts:
        (back if verdict.why is None else kept.setdefault(verdict.why, [])).append(verdict.booking)
    return back, sorted(kept.items(), key=lambda found: -len(found[1]))


def named(bookings: Iterable[int]) -> dict[int, Booking]:
    """These bookings, with what a line says of each: one statement."""
    return Booking.objects.select_related("child", "activity", "household").in_bulk(list(bookings))


def left_out(closure: Closure) -> list[tuple[Why, list[tuple[Booking, bool]]]]:
    """What undoing it did not put back, by reason, each with whether the child waits: one statement."""
    rows = named(kept["booking"] for kept in closure.left_out)
    found: dict[Why, list[tuple[Booking, bool]]] = {}
    for kept in closure.left_out:
        if booking := rows.get(kept["booking"]):
            found.setdefault(Why(kept["why"]), []).append((booking, kept["waits"]))
    return list(found.items())
