"""What every save shares, inside the child's lock: was it done before, what may change, writing it with its proof."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import IntegrityError
from django.db.models import Q
from psycopg.errors import ForeignKeyViolation

from booking import queries
from booking.catalogue import Catalogue
from booking.models import Booking, JournalEntry, Receipt, ServiceDay
from booking.queries import Days
from booking.rules.planning import Change, Outcome, PlanningRefusal, decide, passed_over
from booking.services import waiting
from lps.families.models import Child, Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from tenants import context
from tenants.town import queries as town

Answer = TypeVar("Answer")


class ForeignJeton(ValueError):
    """The form's token was used for another child: nothing is done."""


class DayClosedMeanwhile(RuntimeError):
    """An agent closed a day, or changed the catalogue, between its reading and its booking: judge the save again."""


def settled(save: Callable[[], Answer]) -> Answer:
    """Run a save, and once more when a day closed under it. Raises `DayClosedMeanwhile` the second time."""
    try:
        return save()
    except DayClosedMeanwhile:
        town.read_again()
        return save()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks, for whom, when and through which door. `received_at` is the aware instant taken at the door."""

    child: Child
    household: Household
    by: Actor
    channel: Channel
    received_at: datetime
    jeton: uuid.UUID


@dataclass(frozen=True, slots=True)
class Judged:
    """What may change, and the days on which it was judged."""

    outcome: Outcome
    days: Days
    # What the accepted changes could not have done without powers.
    passed_over: frozenset[PlanningRefusal] = frozenset()


def first_receipt(request: Request) -> Receipt | None:
    """The receipt of the same form sent before; a jeton of another family or child is no replay and is refused."""
    receipt = Receipt.objects.filter(jeton=request.jeton).first()
    if receipt and (receipt.household_id, receipt.child_id) != (request.household.pk, request.child.pk):
        raise ForeignJeton(receipt.pk)
    return receipt


def entries_of(receipt: Receipt) -> tuple[JournalEntry, ...]:
    """What a receipt proves, by day."""
    return tuple(receipt.entries.order_by("day", "pk"))


def judge(
    request: Request,
    changes: Sequence[Change],
    *,
    facts: Catalogue,
    powers: frozenset[PlanningRefusal],
    powers_since: date = date.min,
) -> Judged:
    """Read what stands, with the limited days locked, and decide. Raises `ContradictoryChanges`."""
    cells = {change.cell for change in changes}
    days = queries.days_of_child(
        child=request.child,
        household=request.household,
        days=sorted({cell.day for cell in cells}),
        activities=facts.tied_to(cell.activity_id for cell in cells),
        at=request.received_at,
        lock=True,
    )
    situation = queries.situation(
        household=request.household, days=days, cells=cells, catalogue=facts, zone=context.current().zone
    )
    outcome = decide(
        situation=situation,
        changes=changes,
        received_at=request.received_at,
        powers=powers,
        powers_since=powers_since,
    )
    over = passed_over(situation=situation, changes=outcome.accepted, received_at=request.received_at) & powers
    return Judged(outcome, days, over)


def write_receipt(
    request: Request,
    *,
    refused: Iterable[tuple[Change, Refusal]],
    reason: str = "",
    over: Iterable[PlanningRefusal] = (),
) -> Receipt:
    """The proof of a save, numbered by the commune; an agent's says why, and what it passed over."""
    return Receipt.objects.create(
        jeton=request.jeton,
        year=request.received_at.astimezone(context.current().zone).year,
        received_at=request.received_at,
        channel=request.channel,
        author=request.by.label,
        household=request.household,
        child=request.child,
        refused=[written_refusal(change, refusal) for change, refusal in refused],
        reason=reason,
        passed_over=sorted(over),
    )


def apply(judged: Judged, *, receipt: Receipt, facts: Catalogue) -> tuple[JournalEntry, ...]:
    """Write bookings, cancellations and the journal: four statements, whatever their number.

    Raises `DayClosedMeanwhile`, to roll back.
    """
    accepted, days = judged.outcome.accepted, judged.days
    # In the order of the days' keys, in which they are held and locked: no two of us wait for each other.
    booked = sorted((change.cell for change in accepted if change.wanted), key=lambda cell: days.service_days[cell].pk)
    canceled = [days.bookings[change.cell].pk for change in accepted if not change.wanted]
    if booked:
        with _days_that_go():
            Booking.objects.bulk_create(
                Booking.of(
                    child_id=receipt.child_id,
                    household_id=receipt.household_id,
                    service_day=days.service_days[cell],
                    booked_at=receipt.received_at,
                )
                for cell in booked
            )
        _refuse_closed_days((days.service_days[cell].pk for cell in booked), facts=facts)
    if canceled:
        Booking.objects.filter(pk__in=canceled).update(canceled_at=receipt.received_at)
    _move_waiting_lists(judged, receipt=receipt)
    return tuple(JournalEntry.objects.bulk_create(_entry(change, receipt=receipt, facts=facts) for change in accepted))


@contextmanager
def _days_that_go() -> Iterator[None]:
    """An activity that nobody had asked anything of is removed with its days, at the instant of its first booking."""
    try:
        yield
    except IntegrityError as error:
        if isinstance(error.__cause__, ForeignKeyViolation):
            raise DayClosedMeanwhile from error
        raise


def _move_waiting_lists(judged: Judged, *, receipt: Receipt) -> None:
    """A place offered is accepted by being booked, one that is left is offered to the next. Without lists, nothing."""
    days, accepted = judged.days, judged.outcome.accepted
    lists = {cell: held.pk for cell, held in days.service_days.items() if held.pk in days.lists}
    taken = [lists[change.cell] for change in accepted if change.wanted and change.cell in lists]
    left = [lists[change.cell] for change in accepted if not change.wanted and change.cell in lists]
    if taken:
        waiting.note_booked(taken, child=receipt.child, at=receipt.received_at)
    if left:
        waiting.offer_places(left, at=receipt.received_at)


def _refuse_closed_days(service_days: Iterable[int], *, facts: Catalogue) -> None:
    """Days without a number of places are not locked before they are read. Each booking just written holds its day
    as it is (its foreign key is checked at once), so that what is read now stays true until the commit: who closes
    days locks them first.
    """
    moved = Q(open=False) | ~town.stamp_stands(facts.stamp)
    if ServiceDay.objects.filter(moved, pk__in=list(service_days)).exists():
        raise DayClosedMeanwhile


def written_refusal(change: Change, refusal: Refusal) -> dict[str, Any]:
    """A refusal as the receipt keeps it: codes and plain facts, no sentence."""
    return {
        "activity": change.cell.activity_id,
        "day": change.cell.day.isoformat(),
        "wanted": change.wanted,
        "code": str(refusal.code),
        "facts": {name: _plain(value) for name, value in refusal.facts.items()},
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _entry(change: Change, *, receipt: Receipt, facts: Catalogue) -> JournalEntry:
    activity = facts.activities[change.cell.activity_id]
    return JournalEntry(
        receipt=receipt,
        at=receipt.received_at,
        channel=receipt.channel,
        author=receipt.author,
        child_id=receipt.child_id,
        household_id=receipt.household_id,
        activity_id=activity.pk,
        activity_name=activity.name,
        day=change.cell.day,
        before=not change.wanted,
        after=change.wanted,
    )
