"""What the dialogue asks of the town, answered by the same queries and the same action as on the web."""

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from booking import catalogue, queries
from booking.catalogue import ActivityFacts, Catalogue
from booking.models import Receipt
from booking.queries import Days
from booking.rules.deadlines import deadline
from booking.rules.planning import Cell, Change, DayFacts, Timing, cell_state
from booking.rules.weeks import Week, days_of
from booking.services import bookings, confirming, waiting
from booking.services.counter import send_receipt
from lps.accounts import attempts
from lps.families import codes
from lps.families.models import Custody, Household
from lps.families.queries.doors import custodies_by_child_code, custody_by_codes, custody_on
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from tenants import context
from tenants.models import CommuneState
from voice import phrases
from voice.dialogue.facts import (
    ChildFound,
    DaysJudged,
    Event,
    Failed,
    FindChild,
    Judged,
    JudgeDays,
    NeedsSecret,
    NoChild,
    NotYetOpen,
    ReadWeek,
    Save,
    Saved,
    Service,
    WeekRead,
)
from voice.services import limits

WEEKS_AHEAD = 8  # how far the next open week is looked for
_SOON = timedelta(hours=1)
log = logging.getLogger(__name__)

Question = FindChild | JudgeDays | ReadWeek | Save


class GoneCustody(LookupError):
    """The family has no longer this child: the call cannot go on."""


@dataclass(frozen=True, slots=True)
class TownSide:
    """The town behind one call. `lookup` is the hash of the caller's number; a child's key is that of its custody.

    `dry`: what is saved is judged and made like any other, then undone.
    """

    lookup: str
    dry: bool = False

    def answer(self, asked: Question, *, at: datetime) -> Event:
        """Answer one question, `at` being the aware instant at which the last key came."""
        try:
            match asked:
                case FindChild():
                    found = _found(asked, self.lookup, at)
                    return found if self.dry else _of_a_town_to_open(found)
                case JudgeDays():
                    return DaysJudged(days=tuple(_judged_days(asked, at)))
                case ReadWeek():
                    return _week(_custody(asked.child, at), at)
                case Save():
                    return _undone(asked, at) if self.dry else _saved(asked, at)
        except GoneCustody:
            log.warning("call ended: the custody of its child is over")
            return Failed()


def caller_actor(household: Household) -> Actor:
    """A family on the telephone, as the author of what it does."""
    return Actor(ActorKind.CALLER, str(household.pk), f"famille {household.name}"[:120])


def _found(asked: FindChild, lookup: str, at: datetime) -> ChildFound | NoChild | NeedsSecret:
    """Whether unknown, malformed or locked: the same statement, the same answer."""
    code, secret = codes.clean(asked.code), codes.clean(asked.secret)
    counters = limits.of_try(lookup, code=code, secret=secret)
    must_wait = attempts.check(counters) > 0
    day = _local(at)
    if secret:
        custody = custody_by_codes(child_code=code, family_code=secret, day=day)
        found = [custody] if custody else []
    else:
        found = custodies_by_child_code(child_code=code, day=day)
    if must_wait or not found:
        if not must_wait:
            limits.fail(counters)
        return NoChild()
    attempts.succeed(counters)
    if len(found) > 1:
        return NeedsSecret()
    return _child(found[0], at)


def _of_a_town_to_open(found: ChildFound | NoChild | NeedsSecret) -> Event:
    """Before its portal opens, a town's telephone serves the families that it chose to try it, as the site does."""
    if context.current().state != CommuneState.TO_OPEN or not isinstance(found, ChildFound):
        return found
    chosen = Custody.objects.filter(pk=found.child, household__tries_portal=True).exists()
    return found if chosen else NotYetOpen()


def _child(custody: Custody, at: datetime) -> ChildFound:
    facts = catalogue.read()
    first = _local(at)
    shown = [first + timedelta(days=number) for number in range(7 * WEEKS_AHEAD)]
    days = queries.days_of_child(
        child=custody.child, household=custody.household, days=shown, activities=facts.activities, at=at
    )
    used = {cell.activity_id for cell in (*days.service_days, *days.bookings)}
    services = [
        Service(activity.pk, activity.name)
        for group in facts.groups
        for activity in group.activities
        if activity.pk in used and not activity.retired and _is_for(activity, days, shown)
    ]
    return ChildFound(child=custody.pk, first_name=custody.child.first_name, services=tuple(services))


def _is_for(activity: ActivityFacts, days: Days, shown: Iterable[date]) -> bool:
    return not activity.is_guarded or any(days.may_book(activity, day) for day in shown)


def _judged_days(asked: JudgeDays, at: datetime) -> Sequence[Judged]:
    """The days asked; for a whole week, the first in which something may be changed."""
    custody, facts = _custody(asked.child, at), catalogue.read()
    if asked.service not in facts.activities:
        raise GoneCustody
    judge = _Judge(custody, facts.activities[asked.service], facts, at)
    if asked.days:
        read = judge.read([*asked.days, *_weeks_after(max(asked.days))])
        return [judge.judged(day, read, look_ahead=True) for day in asked.days]
    first = asked.since or Week.of(_local(at)).shifted(1).monday
    read = judge.read([day for day in _weeks_after(first - timedelta(days=7)) if day >= first])
    weeks = [Week.of(first).shifted(number) for number in range(1 if asked.since else WEEKS_AHEAD)]
    for week in weeks:
        held = [day for day in days_of(week) if day >= first and judge.is_held(day, read)]
        found = [judge.judged(day, read) for day in held]
        if any(not one.refusal for one in found):
            return found
    return []


def _weeks_after(day: date) -> list[date]:
    monday = Week.of(day).shifted(1).monday
    return [monday + timedelta(days=number) for number in range(7 * WEEKS_AHEAD)]


class _Judge:
    """Says of a day what the planning page would say of its box."""

    def __init__(self, custody: Custody, activity: ActivityFacts, facts: Catalogue, at: datetime) -> None:
        self.custody, self.activity, self.facts, self.at = custody, activity, facts, at
        self.zone = context.current().zone
        self.timing = Timing(calendar=facts.calendar, zone=self.zone, at=at)

    def read(self, days: Iterable[date]) -> Days:
        """All that stands on these days, in one go."""
        return queries.days_of_child(
            child=self.custody.child,
            household=self.custody.household,
            days=sorted(set(days)),
            activities=[self.activity.pk],
            at=self.at,
        )

    def is_held(self, day: date, read: Days) -> bool:
        """Whether there is something to change that day: a public holiday has nothing to say in a whole week."""
        facts = self._facts(day, read)
        return facts.open or facts.booked_by == self.custody.household_id

    def judged(self, day: date, read: Days, *, look_ahead: bool = False) -> Judged:
        """One day; with `look_ahead`, a day too late says when the next open week begins."""
        facts = self._facts(day, read)
        refusal = self._refusal(day, facts)
        late = refusal is not None and refusal.code == "too_late"
        return Judged(
            day=day,
            booked=facts.booked_by == self.custody.household_id,
            refusal=str(refusal.code) if refusal else "",
            reason=_reason(refusal, self.facts) if refusal else "",
            minutes=None if refusal else self._minutes(day, facts),
            next_open=self._next_open(day, read) if late and look_ahead else None,
        )

    def _facts(self, day: date, read: Days) -> DayFacts:
        return queries.facts(Cell(self.activity.pk, day), days=read, catalogue=self.facts)

    def _refusal(self, day: date, facts: DayFacts) -> Refusal | None:
        return cell_state(facts, day=day, household_id=self.custody.household_id, timing=self.timing).reason

    def _minutes(self, day: date, facts: DayFacts) -> int | None:
        """How many are left, rounded down, when the deadline is near."""
        is_booked = facts.booked_by == self.custody.household_id
        closing = facts.rule.cancel if is_booked else facts.rule.book
        left = deadline(closing, day=day, calendar=self.facts.calendar, zone=self.zone) - self.at
        return math.floor(left.total_seconds() / 60) if left <= _SOON else None

    def _next_open(self, after: date, read: Days) -> date | None:
        """The first day of a week to come on which something may be changed."""
        coming = (day for day in _weeks_after(after) if self.is_held(day, read))
        return next((day for day in coming if self._refusal(day, self._facts(day, read)) is None), None)


def _week(custody: Custody, at: datetime) -> WeekRead:
    """What the household booked next week, by day, in the order of the catalogue."""
    facts = catalogue.read()
    shown = days_of(Week.of(_local(at)).shifted(1))
    days = queries.days_of_child(
        child=custody.child, household=custody.household, days=shown, activities=facts.activities, at=at
    )
    order = list(facts.activities)
    told = []
    for day in shown:
        own = [pk for pk in order if (held := days.bookings.get(Cell(pk, day))) and _is_own(held.household_id, custody)]
        if own:
            told.append((day, tuple(facts.activities[pk].name for pk in own)))
    return WeekRead(days=tuple(told))


def _is_own(household_id: int, custody: Custody) -> bool:
    return household_id == custody.household_id


def _saved(asked: Save, at: datetime) -> Saved:
    """Book and cancel through the one action, its receipt sent in the same transaction; then the waiting lists."""
    custody = _custody(asked.child, at)
    by = caller_actor(custody.household)
    books = [Change(Cell(asked.service, day), wanted=True, seen=False) for day in asked.books]
    cancels = [Change(Cell(asked.service, day), wanted=False, seen=True) for day in asked.cancels]
    refused: list[Judged] = []
    receipt, number, sent = "", 0, 0
    if books or cancels:
        with transaction.atomic():
            saved = bookings.change_bookings(
                child=custody.child,
                household=custody.household,
                changes=[*books, *cancels],
                by=by,
                channel=Channel.VOICE,
                received_at=at,
                jeton=asked.jeton,
            )
            if saved.receipt and not saved.replayed:
                sent = saved.confirmed + _mailed(saved.receipt, by)
        receipt, number = (saved.receipt.number if saved.receipt else ""), len(saved.entries)
        refused = [_refused(change.cell.day, refusal, booked=not change.wanted) for change, refusal in saved.refused]
    waits = 0
    for day in asked.waits:
        joined = waiting.join(
            child=custody.child,
            household=custody.household,
            cell=Cell(asked.service, day),
            by=by,
            channel=Channel.VOICE,
            at=at,
        )
        waits += joined.refusal is None
        if joined.refusal:
            refused.append(_refused(day, joined.refusal, booked=False))
    return Saved(receipt=receipt, number=number, refused=tuple(refused), sent=sent > 0, waits=waits)


def _undone(asked: Save, at: datetime) -> Saved:
    """The outcome of a save of which nothing stays: neither booking, nor journal, nor mail."""
    with transaction.atomic():
        saved = _saved(asked, at)
        transaction.set_rollback(True)
    return saved


def _mailed(receipt: Receipt, by: Actor) -> int:
    """A code typed on a telephone proves little: what was done goes to proved addresses alone. How many there are.

    One that asked for the receipt of each save has it already; one that stopped these mails gets none.
    """
    left = confirming.undecided_emails(receipt.household)
    return send_receipt(receipt=receipt, by=by, channel=Channel.VOICE, to=left) if left else 0


def _refused(day: date, refusal: Refusal, *, booked: bool) -> Judged:
    return Judged(day=day, booked=booked, refusal=str(refusal.code), reason=_reason(refusal, catalogue.read()))


def _reason(refusal: Refusal, known: Catalogue) -> str:
    """Why, in words to hear. An instant may come back from JSON."""
    instant = refusal.facts.get("closed_at") or refusal.facts.get("opens_at")
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return phrases.reason(
        refusal.code,
        at=at.astimezone(context.current().zone) if at else None,
        activity=known.activity_names.get(refusal.facts.get("activity", 0), ""),
    )


def _custody(pk: int, at: datetime) -> Custody:
    custody = custody_on(pk=pk, day=_local(at))
    if custody is None:
        raise GoneCustody(pk)
    return custody


def _local(at: datetime) -> date:
    return at.astimezone(context.current().zone).date()
