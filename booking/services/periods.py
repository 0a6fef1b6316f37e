"""Périscotidien periods: chosen once by a household for a child, its bookings made in one go."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from booking import catalogue, queries
from booking.catalogue import Catalogue
from booking.models import JournalEntry, Period, PeriodChoice, Receipt
from booking.queries import Days
from booking.rules import periods
from booking.rules.periods import PeriodFacts, PeriodRefusal, Weekdays
from booking.rules.planning import Cell, Change, PlanningRefusal
from booking.services import confirming, saving
from booking.services.saving import Judged, Request
from lps.families.models import Child, Household
from lps.families.queries.locks import lock_child
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from tenants import context
from tenants.town.services import renew_catalogue_stamp

Asked = Mapping[int, Sequence[date]]
# A period is announced by the town: its days may be booked before the activities' own opening.
POWERS = frozenset({PlanningRefusal.NOT_YET_OPEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A chosen day on which nothing is held, and why: the public holiday's name, the closure's reason, or nothing."""

    cell: Cell
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSaved:
    """What choosing a period did: `refusal` and nothing written, or a receipt and the choice."""

    refusal: Refusal | None = None
    receipt: Receipt | None = None
    entries: tuple[JournalEntry, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    refused: tuple[tuple[Change, Refusal], ...] = ()
    replayed: bool = False


def add_period(
    *,
    first_day: date,
    last_day: date,
    activities: Iterable[int],
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
) -> Period:
    """Offer a period of some activities; both days included, instants aware."""
    with transaction.atomic():
        period = Period.objects.create(first_day=first_day, last_day=last_day, opens_at=opens_at, closes_at=closes_at)
        period.activities.set(list(activities))
        renew_catalogue_stamp()
    return period


def choose_period(
    *,
    period: PeriodFacts,
    child: Child,
    household: Household,
    chosen: Weekdays,
    by: Actor,
    channel: Channel,
    received_at: datetime,
    jeton: uuid.UUID,
) -> PeriodSaved:
    """Choose weekdays of a period's activities, once: what can still be booked of its days is.

    Days without service are skipped, public holidays and closures listed; days past their deadline or full come
    back refused. With not one day left nothing is written, and the period may be chosen again; so it may once an
    agent has reopened it (`booking.services.offering`). The same `jeton` again gives the first receipt back. Raises
    `NotOffered`, `ForeignJeton`.
    """
    asked = periods.days_asked(period, chosen)
    request = Request(child=child, household=household, by=by, channel=channel, received_at=received_at, jeton=jeton)
    return saving.settled(lambda: _choose(request, period, asked, chosen, catalogue.read()))


def _choose(request: Request, period: PeriodFacts, asked: Asked, chosen: Weekdays, facts: Catalogue) -> PeriodSaved:
    with transaction.atomic():
        # Serialises the doors of this child: a period is chosen once.
        is_asked = lock_child(request.child, asking=confirming.is_asked(request.household))
        if first := saving.first_receipt(request):
            return PeriodSaved(receipt=first, entries=saving.entries_of(first), replayed=True)
        held = queries.choices_of(child=request.child, household=request.household, periods=[period.pk])
        last = held.get(period.pk)
        if refusal := _why_not(request, period, asked, last):
            return PeriodSaved(refusal=refusal)
        saved = _save(request, period, asked, chosen, facts, round=last.round + 1 if last else 1)
        if saved.receipt and is_asked:
            confirming.confirm(saved.receipt, entries=saved.entries, facts=facts, by=request.by)
        return saved


def _why_not(request: Request, period: PeriodFacts, asked: Asked, last: PeriodChoice | None) -> Refusal | None:
    refusal = periods.why_not(
        period,
        is_chosen=last is not None,
        at=request.received_at,
        zone=context.current().zone,
        reopened=last is not None and last.reopened is not None,
    )
    return refusal or (None if asked else Refusal(PeriodRefusal.NO_DAY))


def _save(
    request: Request, period: PeriodFacts, asked: Asked, chosen: Weekdays, facts: Catalogue, *, round: int
) -> PeriodSaved:
    changes = [Change(Cell(activity, day), wanted=True) for activity, days in asked.items() for day in days]
    judged = saving.judge(request, changes, facts=facts, powers=POWERS)
    skipped, refused = _skipped(judged, facts), _refused(judged)
    if not judged.outcome.accepted and not judged.outcome.unchanged:
        return PeriodSaved(refusal=Refusal(PeriodRefusal.NOTHING_LEFT), skipped=skipped, refused=refused)
    receipt = saving.write_receipt(request, refused=refused)
    PeriodChoice.objects.create(
        period_id=period.pk,
        child=request.child,
        household=request.household,
        round=round,
        receipt=receipt,
        chosen=_written_choice(chosen, facts),
        skipped=[_written_skip(skip) for skip in skipped],
    )
    entries = saving.apply(judged, receipt=receipt, facts=facts)
    return PeriodSaved(receipt=receipt, entries=entries, skipped=skipped, refused=refused)


def _skipped(judged: Judged, facts: Catalogue) -> tuple[Skipped, ...]:
    """The days without service: public holidays, closures, days closed by hand. School holidays go without saying."""
    found = ((change.cell, _why_closed(change.cell, judged.days, facts)) for change in _without_service(judged))
    return tuple(Skipped(cell=cell, why=why) for cell, why in found if why or cell in judged.days.service_days)


def _refused(judged: Judged) -> tuple[tuple[Change, Refusal], ...]:
    without_service = set(_without_service(judged))
    return tuple(pair for pair in judged.outcome.refused if pair[0] not in without_service)


def _without_service(judged: Judged) -> list[Change]:
    return [change for change, refusal in judged.outcome.refused if refusal.code == PlanningRefusal.NO_SERVICE]


def _why_closed(cell: Cell, days: Days, facts: Catalogue) -> str:
    return facts.why_closed(cell.day, place=days.place(cell.day), activity_id=cell.activity_id)


def _written_choice(chosen: Weekdays, facts: Catalogue) -> list[dict[str, Any]]:
    return [
        {"activity": activity, "name": facts.activities[activity].name, "weekdays": sorted(weekdays)}
        for activity, weekdays in chosen.items()
        if weekdays
    ]


def _written_skip(skip: Skipped) -> dict[str, Any]:
    return {"activity": skip.cell.activity_id, "day": skip.cell.day.isoformat(), "why": skip.why}
