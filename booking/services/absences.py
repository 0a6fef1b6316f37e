"""Absences: declared by a family or noted by an agent, then accepted or refused; the family is told.

An accepted one is a fact for billing and for the roll. Its document goes sixty days after the answer: an invoice has
come by then, and may have been contested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from booking import absences, documents
from booking.documents import Document
from booking.message_kinds import ANSWER
from booking.models import Absence
from booking.services.counter import first_day_to_correct
from lps.families.models import Child, Household
from lps.families.queries.locks import lock_child
from lps.families.recipients import of_many
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel.refusals import Refusal
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of

State = Absence.State
# How long after the day a family may still declare, how far ahead, how long at once.
BACK, AHEAD, LONGEST = timedelta(days=30), timedelta(days=365), timedelta(days=92)
DOCUMENT_KEPT = timedelta(days=60)
# A family's declarations that wait at once, each with its document: more would only bury those of the others.
MOST_WAITING = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What became of a declaration; `again` when the same one stood already."""

    absence: Absence | None = None
    refusal: Refusal | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An absence as it is declared; no activity means all of them."""

    first_day: date
    last_day: date
    activities: Sequence[int]
    reason: str


def declare(
    *,
    child: Child,
    household: Household,
    asked: Asked,
    by: Actor,
    channel: Channel,
    at: datetime,
    document: Document | None = None,
    accepted: bool = False,
) -> Declared:
    """Declare an absence for days on which the household has bookings; `accepted` at once by an agent who notes it.

    The same declaration twice is one. The refusals: `days_in_order`, `too_long` (days), `too_old` (since), `too_far`,
    `nothing_booked`, `too_many` (most), of a family alone.
    """
    if refusal := _wrong_days(asked, by=by, at=at):
        return Declared(refusal=refusal)
    with documents.kept(document) as name, transaction.atomic():
        lock_child(child)  # a form sent twice at once declares once
        if same := _same(child, household, asked):
            documents.forget(name)
            return Declared(absence=same, again=True)
        if not _concerns_a_booking(child, household, asked):
            documents.forget(name)
            return Declared(refusal=Refusal("nothing_booked"))
        if by.kind == ActorKind.HOUSEHOLD and _waiting(household) >= MOST_WAITING:
            return Declared(refusal=Refusal("too_many", most=MOST_WAITING))
        absence = Absence.objects.create(
            child=child,
            household=household,
            first_day=asked.first_day,
            last_day=asked.last_day,
            reason=asked.reason,
            document=name,
            declared_at=at,
            channel=channel,
            **_answered(State.ACCEPTED if accepted else State.DECLARED, by=by, at=at),
        )
        absence.activities.set(asked.activities)
        _record(absence, "absence_declared", by=by, channel=channel, at=at)
        _tell(absence, template="booking/emails/absence_declared", by=by)
    return Declared(absence=absence)


def add_document(*, absence: Absence, document: Document, by: Actor, channel: Channel, at: datetime) -> bool:
    """Add the document of an absence not examined yet, or change it; False once it is examined."""
    with documents.kept(document) as name, transaction.atomic():
        held = _locked(absence)
        if held.state != State.DECLARED:
            documents.forget(name)
            return False
        former, held.document = held.document, name
        held.save(update_fields=("document",))
        _record(held, "absence_document_added", by=by, channel=channel, at=at)
        transaction.on_commit(lambda: documents.forget(former))
    return True


def withdraw(*, absence: Absence, by: Actor, channel: Channel, at: datetime) -> bool:
    """Take a declaration back, with its document; False once it is examined."""
    with transaction.atomic():
        held = _locked(absence)
        if held.state == State.WITHDRAWN:
            return True
        if held.state != State.DECLARED:
            return False
        former, held.document = held.document, ""
        held.state, held.answered_at, held.answered_by = State.WITHDRAWN, at, by.label
        held.save(update_fields=("state", "answered_at", "answered_by", "document"))
        _record(held, "absence_withdrawn", by=by, channel=channel, at=at, before=State.DECLARED)
        transaction.on_commit(lambda: documents.forget(former))
    return True


def answer(*, absence: Absence, state: str, words: str, seen: str, by: Actor, at: datetime) -> bool:
    """Accept or refuse an absence, in words that the family reads; an answer given may be changed.

    False, and nothing is done, when it is no longer in the state that the agent had `seen`.
    """
    if state not in (State.ACCEPTED, State.REFUSED):
        raise ValueError(state)
    with transaction.atomic():
        held = _locked(absence)
        if held.state != seen or held.state == State.WITHDRAWN:
            return False
        before = held.state
        held.state, held.answer = state, words
        held.answered_at, held.answered_by = at, by.label
        held.save(update_fields=("state", "answer", "answered_at", "answered_by"))
        _record(held, "absence_answered", by=by, channel=Channel.OFFICE, at=at, before=before)
        _tell(held, template="booking/emails/absence_answered", by=by)
    return True


def forget_documents(*, now: datetime) -> int:
    """Delete the documents of absences answered for longer than `DOCUMENT_KEPT`; returns how many."""
    old = Absence.objects.exclude(document="").filter(answered_at__lt=now - DOCUMENT_KEPT)
    names = list(old.order_by("pk").values_list("document", flat=True))
    Absence.objects.filter(document__in=names).update(document="")
    for name in names:
        documents.forget(name)
    return len(names)


def first_day_declared(by: Actor, today: date) -> date:
    """From which day on one may still declare: an agent as far back as bookings are corrected."""
    return first_day_to_correct(today) if by.kind is ActorKind.AGENT else today - BACK


def _wrong_days(asked: Asked, *, by: Actor, at: datetime) -> Refusal | None:
    today = at.astimezone(context.current().zone).date()
    since = first_day_declared(by, today)
    if asked.last_day < asked.first_day:
        return Refusal("days_in_order")
    if asked.last_day - asked.first_day > LONGEST:
        return Refusal("too_long", days=LONGEST.days)
    if asked.first_day < since:
        return Refusal("too_old", since=since)
    if asked.last_day > today + AHEAD:
        return Refusal("too_far")
    return None


def _same(child: Child, household: Household, asked: Asked) -> Absence | None:
    """The declaration of the same days and activities that stands already."""
    rows = Absence.objects.filter(
        child=child,
        household=household,
        first_day=asked.first_day,
        last_day=asked.last_day,
        state__in=(State.DECLARED, State.ACCEPTED),
    )
    wanted = set(asked.activities)
    return next((row for row in rows.prefetch_related("activities") if _activities(row) == wanted), None)


def _waiting(household: Household) -> int:
    return Absence.objects.filter(household=household, state=State.DECLARED).count()


def _concerns_a_booking(child: Child, household: Household, asked: Asked) -> bool:
    return absences.standing(
        child=child.pk,
        household=household.pk,
        first_day=asked.first_day,
        last_day=asked.last_day,
        activities=asked.activities,
    ).exists()


def _answered(state: State, *, by: Actor, at: datetime) -> dict[str, object]:
    if state == State.DECLARED:
        return {"state": state}
    return {"state": state, "answered_at": at, "answered_by": by.label}


def _locked(absence: Absence) -> Absence:
    """The absence as it stands, held until the end: an answer and a withdrawal come one after the other."""
    return Absence.objects.select_for_update(of=("self",), no_key=True).get(pk=absence.pk)


def _activities(absence: Absence) -> set[int]:
    return {one.pk for one in absence.activities.all()}


def _record(
    absence: Absence, action: str, *, by: Actor, channel: Channel, at: datetime, before: str | None = None
) -> None:
    """The audit: days and states, never the reason, which may tell of an illness."""
    record(
        by=by,
        channel=channel,
        action=action,
        subject=f"absence:{absence.pk}",
        before={"state": before} if before else None,
        after={
            "state": absence.state,
            "child": absence.child_id,
            "first_day": absence.first_day.isoformat(),
            "last_day": absence.last_day.isoformat(),
            "document": bool(absence.document),
        },
        at=at,
    )


def _tell(absence: Absence, *, template: str, by: Actor) -> None:
    facts = {
        "number": absence.number,
        "child": absence.child.first_name,
        "first_day": absence.first_day,
        "last_day": absence.last_day,
        "accepted": absence.state == State.ACCEPTED,
        "words": absence.answer,
        "url": url_of(context.current(), f"/absences/{absence.pk}/"),
    }
    recipients = of_many([absence.household_id], ANSWER).get(absence.household_id, [])
    posts = [Post(to=one.email, facts={**facts, **one.facts}) for one in recipients]
    post_many(posts, template=template, by=by)
