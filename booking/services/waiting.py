"""Waiting lists of full days: joining, leaving, and places offered to the next in a provable order.

The caller of `offer_places` has locked the service days: two places freed at once go to two families.
"""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from booking import catalogue, offer_links, queries
from booking.message_kinds import OFFER
from booking.models import Booking, ServiceDay, WaitingEntry
from booking.rules.deadlines import deadline
from booking.rules.planning import Cell, Change, PlanningRefusal, clash, decide
from booking.rules.waiting import Criterion
from lps.families.models import Child, Household
from lps.families.queries.locks import lock_child
from lps.families.recipients import Recipient, of_many
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record, record_many
from lps.kernel.refusals import Refusal
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of
from tenants.town import queries as town

BY = Actor.system("listes d'attente")
State = WaitingEntry.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What asking to wait did: the entry, new or standing, or why one cannot wait."""

    entry: WaitingEntry | None = None
    refusal: Refusal | None = None


def join(
    *, child: Child, household: Household, cell: Cell, by: Actor, channel: Channel, at: datetime, reason: str = ""
) -> Joined:
    """Wait for a place of a full day, `at` being the aware instant taken at the door. Asking twice keeps the first.

    `reason` is what an agent says who does it for the family.

    Refusals are those of booking the day, `incompatible` beside what is booked that day included; `not_full` when a
    place can be booked at once, `other_waits` when the child's other household waits for it already.
    """
    with transaction.atomic():
        lock_child(child)
        facts, zone = catalogue.read(), context.current().zone
        days = queries.days_of_child(
            child=child,
            household=household,
            days=[cell.day],
            activities=facts.tied_to([cell.activity_id]),
            at=at,
            lock=True,
        )
        held = days.service_days.get(cell)
        standing = _open_entry(held.pk, child) if held else None
        if standing and standing.household_id == household.pk:
            return Joined(entry=standing)
        situation = queries.situation(household=household, days=days, cells=[cell], catalogue=facts, zone=zone)
        outcome = decide(situation=situation, changes=[Change(cell, wanted=True)], received_at=at)
        refusal = outcome.refused[0][1] if outcome.refused else Refusal("not_full")
        if refusal.code != PlanningRefusal.FULL or held is None:
            return Joined(refusal=refusal)
        if standing:
            return Joined(refusal=Refusal("other_waits"))
        if clashing := clash(situation=situation, cell=cell):
            return Joined(refusal=clashing)
        entry = WaitingEntry.objects.create(service_day_id=held.pk, child=child, household=household, joined_at=at)
        subject, after = f"service_day:{held.pk}", _who(child, household, reason)
        record(by=by, channel=channel, action="waiting_joined", subject=subject, after=after, at=at)
    return Joined(entry=entry)


def leave(
    *, child: Child, household: Household, cell: Cell, by: Actor, channel: Channel, at: datetime, reason: str = ""
) -> bool:
    """Leave a list, or refuse the place offered, which goes to the next; False when the child does not wait there."""
    with transaction.atomic():
        lock_child(child)
        rows = ServiceDay.objects.filter(activity=cell.activity_id, day=cell.day, waiting__child=child)
        days = [held.pk for held in _locked(rows.values_list("pk", flat=True))]
        left = WaitingEntry.objects.filter(
            service_day__in=days, child=child, household=household, state__in=WaitingEntry.OPEN
        ).update(state=State.LEFT, ended_at=at, accept_by=None)
        if not left:
            return False
        for pk in days:
            after = _who(child, household, reason)
            record(by=by, channel=channel, action="waiting_left", subject=f"service_day:{pk}", after=after, at=at)
        offer_places(days, at=at)
    return True


def set_priority(*, entry: WaitingEntry, criterion: Criterion, reason: str, by: Actor, at: datetime) -> Refusal | None:
    """Rank a child who waits by a stated criterion, which the product checks; the order of joining decides the rest.

    Refusals: `not_waiting` for one who left the list or has an offer, `not_met` when the criterion is none of its.
    """
    with transaction.atomic():
        _locked([entry.service_day_id])
        row = WaitingEntry.objects.filter(pk=entry.pk, state=State.WAITING).first()
        if row is None:
            return Refusal("not_waiting")
        if not _meets(row, criterion):
            return Refusal("not_met")
        before = row.priority
        if before == criterion:
            return None
        WaitingEntry.objects.filter(pk=row.pk).update(priority=criterion)
        record(
            by=by,
            channel=Channel.OFFICE,
            action="waiting_ranked",
            subject=f"service_day:{row.service_day_id}",
            before={"priority": before},
            after={"child": row.child_id, "household": row.household_id, "priority": int(criterion), "reason": reason},
            at=at,
        )
    return None


def _meets(entry: WaitingEntry, criterion: Criterion) -> bool:
    bookings = Booking.objects.filter(service_day=entry.service_day_id)
    match criterion:
        case Criterion.LOST_PLACE:
            return bookings.filter(child=entry.child_id, closure__undone_at__isnull=False).exists()
        case Criterion.SIBLING:
            siblings = bookings.standing().filter(household=entry.household_id)
            return siblings.exclude(child=entry.child_id).exists()
        case _:
            return True


def _who(child: Child, household: Household, reason: str) -> dict[str, object]:
    return {"child": child.pk, "household": household.pk, **({"reason": reason} if reason else {})}


def note_booked(service_days: Collection[int], *, child: Child, at: datetime) -> None:
    """The child has a place now, offered or not: it waits no more."""
    WaitingEntry.objects.filter(service_day__in=service_days, child=child, state__in=WaitingEntry.OPEN).update(
        state=State.BOOKED, ended_at=at
    )


def offer_places(service_days: Collection[int], *, at: datetime) -> int:
    """Offer the free places of these days, which the caller has locked, to those who come next; returns how many.

    An offer lasts the town's hours, and never beyond the day's deadline; past it the list closes. Where there are
    fewer places than bookings and offers, the last offers are withdrawn: these families wait again, at their rank.
    """
    rows = list(ServiceDay.objects.filter(pk__in=service_days).annotate(booked=_BOOKED).order_by("pk"))
    entries: dict[int, list[WaitingEntry]] = {row.pk: [] for row in rows}
    waiting = WaitingEntry.objects.filter(service_day__in=entries, state__in=WaitingEntry.OPEN)
    for entry in waiting.order_by("priority", "joined_at", "pk"):
        entries[entry.service_day_id].append(entry)
    booked = _booked_meanwhile(entry for listed in entries.values() for entry in listed)
    moved = [entry for row in rows for entry in _move(row, entries[row.pk], booked, at)]
    WaitingEntry.objects.bulk_update(moved, ["state", "offered_at", "accept_by", "ended_at"], batch_size=500)
    record_many(_audited(entry, at) for entry in moved)
    offered = [entry for entry in moved if entry.state == State.OFFERED]
    _tell(offered, template="booking/emails/offered")
    _tell([entry for entry in moved if entry.state == State.WAITING], template="booking/emails/withdrawn")
    # A list that ends at its deadline is what was said; a day that the town closes is news.
    shut = {row.pk for row in rows if not row.open}
    ended = [entry for entry in moved if entry.state == State.CLOSED and entry.service_day_id in shut]
    _tell(ended, template="booking/emails/list_closed")
    return len(offered)


def move_lists(*, at: datetime) -> int:
    """Expire the offers whose hour has come, close the lists of days past their deadline, offer what is free.

    The minute's work, idempotent. Returns how many places were offered.
    """
    with transaction.atomic():
        waiting = WaitingEntry.objects.filter(state__in=WaitingEntry.OPEN)
        days = _locked(waiting.values_list("service_day", flat=True))
        return offer_places([held.pk for held in days], at=at) if days else 0


# By the index of the bookings that stand: a join would read them all.
_BOOKED = Coalesce(
    Subquery(
        Booking.objects.standing()
        .filter(service_day=OuterRef("pk"))
        .order_by()
        .values("service_day")
        .annotate(number=Count("pk"))
        .values("number")
    ),
    0,
)


def _booked_meanwhile(entries: Iterable[WaitingEntry]) -> set[tuple[int, int]]:
    """Who has the day already (service day, child): on a day whose limit was taken away, one books past the list."""
    asked = list(entries)
    standing = Booking.objects.standing().filter(
        service_day__in={entry.service_day_id for entry in asked}, child__in={entry.child_id for entry in asked}
    )
    return set(standing.values_list("service_day", "child").order_by()) if asked else set()


def _move(
    row: ServiceDay, entries: list[WaitingEntry], booked: Container[tuple[int, int]], at: datetime
) -> Iterable[WaitingEntry]:
    """The entries of a day that change, in order: those that end, offers withdrawn, then those to whom a place goes."""
    closes_at = _deadline(row)
    for entry in entries:
        if (row.pk, entry.child_id) in booked:
            yield _ended(entry, State.BOOKED, at)
        elif closes_at <= at or not row.open:
            yield _ended(entry, State.CLOSED, at)
        elif entry.accept_by is not None and entry.accept_by <= at:
            yield _ended(entry, State.EXPIRED, at)
    offers = [entry for entry in entries if entry.state == State.OFFERED]
    next_ones = [entry for entry in entries if entry.state == State.WAITING]
    free = len(entries) if row.places is None else row.places - row.booked - len(offers)  # type: ignore[attr-defined]
    for entry in offers[max(0, len(offers) + free) :]:
        entry.state, entry.offered_at, entry.accept_by = State.WAITING, None, None
        yield entry
    until = min(at + timedelta(hours=town.settings().offer_hours), closes_at)
    for entry in next_ones[: max(0, free)]:
        entry.state, entry.offered_at, entry.accept_by = State.OFFERED, at, until
        yield entry


def _ended(entry: WaitingEntry, state: State, at: datetime) -> WaitingEntry:
    entry.state, entry.ended_at = state, at
    if state != State.EXPIRED:
        entry.accept_by = None
    return entry


def _audited(entry: WaitingEntry, at: datetime) -> Entry:
    """What happened to somebody who waits, so that the order can be proved."""
    after = {"child": entry.child_id, "household": entry.household_id, "joined_at": entry.joined_at.isoformat()}
    subject = f"service_day:{entry.service_day_id}"
    action = "waiting_withdrawn" if entry.state == State.WAITING else f"waiting_{entry.state}"
    return Entry(BY, Channel.AUTOMATIC, action, subject, after=after, at=at)


def _deadline(row: ServiceDay) -> datetime:
    facts = catalogue.read()
    rule = facts.activities[row.activity_id].rule
    return deadline(rule.book, day=row.day, calendar=facts.calendar, zone=context.current().zone)


def _tell(entries: Collection[WaitingEntry], *, template: str) -> None:
    """Write to the families that have a place, or have it no more: which, and until when."""
    if not entries:
        return
    rows = WaitingEntry.objects.filter(pk__in=[entry.pk for entry in entries]).select_related(
        "child", "household", "service_day__activity"
    )
    recipients = of_many({entry.household_id for entry in entries}, OFFER)
    posts = [
        Post(
            to=one.email,
            facts={
                **one.facts,
                **_accept_link(entry, one),
                "child": entry.child.first_name,
                "activity": entry.service_day.activity.name,
                "day": entry.service_day.day,
                "accept_by": entry.accept_by,
                "url": url_of(context.current(), "/enfants/"),
            },
        )
        for entry in rows
        for one in recipients.get(entry.household_id, [])
    ]
    post_many(posts, template=template, by=BY)


def _accept_link(entry: WaitingEntry, to: Recipient) -> dict[str, str]:
    """An address that the household did not prove has no link: its reader signs in."""
    if entry.state != State.OFFERED or to.proved is None:
        return {}
    return {"accept_url": offer_links.url_for(entry, to.proved)}


def _open_entry(service_day: int, child: Child) -> WaitingEntry | None:
    return WaitingEntry.objects.filter(service_day=service_day, child=child, state__in=WaitingEntry.OPEN).first()


def _locked(pks: Iterable[int]) -> list[ServiceDay]:
    """Lock service days in the order of their keys: two moves of a list follow one another."""
    rows = ServiceDay.objects.filter(pk__in=set(pks)).order_by("pk")
    return list(rows.select_for_update(of=("self",), no_key=True))


def put_first(lost: Collection[Booking], *, by: Actor, at: datetime) -> frozenset[int]:
    """Put at the head of their days' lists the children whose booking a closure canceled and a full day did not take
    back, in the order in which they had booked; returns the keys of those bookings.

    A day past its deadline has no list any more. The caller has locked the days.
    """
    days = ServiceDay.objects.in_bulk({booking.service_day_id for booking in lost})
    closing = {pk: _deadline(held) for pk, held in days.items()}
    asked = [booking for booking in lost if closing[booking.service_day_id] > at]
    there = WaitingEntry.objects.filter(service_day__in=days, state__in=WaitingEntry.OPEN)
    known = set(there.values_list("service_day", "child").order_by())
    WaitingEntry.objects.bulk_create(
        WaitingEntry(
            service_day_id=booking.service_day_id,
            child_id=booking.child_id,
            household_id=booking.household_id,
            joined_at=booking.booked_at,
            priority=Criterion.LOST_PLACE,
        )
        for booking in asked
        if (booking.service_day_id, booking.child_id) not in known
    )
    record_many(
        Entry(
            by,
            Channel.OFFICE,
            "waiting_joined",
            f"service_day:{booking.service_day_id}",
            after={
                "child": booking.child_id,
                "household": booking.household_id,
                "joined_at": booking.booked_at.isoformat(),
                "priority": int(Criterion.LOST_PLACE),
            },
            at=at,
        )
        for booking in asked
    )
    return frozenset(booking.pk for booking in asked)
