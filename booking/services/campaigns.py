"""What the town does with a préinscription campaign: making it, opening and closing it, deciding, booking."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from booking import campaigns
from booking.message_kinds import ANSWER
from booking.models import Admission, Campaign, JournalEntry, PreRegistration
from booking.recap import chosen_lines
from booking.rules.campaigns import Phase, changes, days_wanted
from booking.rules.planning import Cell, Change, PlanningRefusal
from booking.services.bookings import Saved, change_bookings, written_refusal
from booking.wakeup import BOOK
from lps.families.recipients import of_many
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.services import Entry, record, record_many
from lps.kernel.refusals import Refusal
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of
from tenants.town.services import renew_catalogue_stamp
from tenants.wakeup import wake_after_commit

State = PreRegistration.State
ToBook = PreRegistration.Booking
# The town announced these days: they may be booked before the activities' own opening.
POWERS = frozenset({PlanningRefusal.NOT_YET_OPEN})
KEPT_REFUSALS = 200


class CampaignOpen(ValueError):
    """A campaign is changed before it opens or once closed: families are answering it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSpec:
    """What an agent says of a campaign; days are included, instants aware, weekdays from 0 for Monday."""

    title: str
    words: str
    first_day: date
    last_day: date
    opens_at: datetime
    closes_at: datetime
    activities: Sequence[int]
    weekdays: Sequence[int]
    books: bool = False
    reserves: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """How many answers were decided, and those that their families changed since they were read."""

    number: int = 0
    changed: tuple[PreRegistration, ...] = ()


def create(*, spec: CampaignSpec, by: Actor, at: datetime) -> Campaign:
    """Make a campaign; families see it as coming until it opens."""
    with transaction.atomic():
        campaign = Campaign(created_at=at)
        _fill(campaign, spec)
        _record(campaign, "campaign_created", by=by, at=at, before=None)
    return campaign


def change(*, campaign: Campaign, spec: CampaignSpec, by: Actor, at: datetime) -> Campaign:
    """Change a campaign that is not open. Raises `CampaignOpen`."""
    with transaction.atomic():
        row = _locked(campaign)
        if campaigns.phase(row, at=at) is Phase.OPEN:
            raise CampaignOpen(row.pk)
        before = _told(row)
        _fill(row, spec)
        _record(row, "campaign_changed", by=by, at=at, before=before)
    return row


def open_now(*, campaign: Campaign, closes_at: datetime, by: Actor, at: datetime) -> Campaign:
    """Take answers from now on, until `closes_at` (aware, later)."""
    return _turn(campaign, "campaign_opened", opens_at=at, closes_at=closes_at, by=by, at=at)


def close_now(*, campaign: Campaign, by: Actor, at: datetime) -> Campaign:
    """Take no answer any more. One that is not open is left as it is."""
    return _turn(campaign, "campaign_closed", opens_at=None, closes_at=at, by=by, at=at)


def _turn(
    campaign: Campaign, action: str, *, opens_at: datetime | None, closes_at: datetime, by: Actor, at: datetime
) -> Campaign:
    with transaction.atomic():
        row = _locked(campaign)
        is_open = campaigns.phase(row, at=at) is Phase.OPEN
        if is_open == (opens_at is not None):
            return row
        before = _told(row)
        row.opens_at, row.closes_at = opens_at or row.opens_at, max(closes_at, _after_answers(row))
        row.save(update_fields=("opens_at", "closes_at"))
        _record(row, action, by=by, at=at, before=before)
    return row


def decide(
    *, campaign: Campaign, seen: Mapping[int, int], state: State, words: str, by: Actor, at: datetime
) -> Decided:
    """Validate or refuse answers, each in the version that the agent read: `seen` gives it by the answer's key.

    What a family changed meanwhile is left to be read again. Validating makes the children's access and, if the
    campaign books, asks a worker for the bookings; a decision that takes back an earlier one takes its access and
    its bookings back. Families are told by e-mail. The same statements for one answer or for all.
    """
    with transaction.atomic():
        rows = PreRegistration.objects.filter(campaign=campaign, pk__in=list(seen)).select_related("child")
        held = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
        fresh = [row for row in held if row.version == seen[row.pk] and row.state != state]
        _decide(campaign, fresh, state=state, words=words, by=by, at=at)
    return Decided(number=len(fresh), changed=tuple(row for row in held if row.version != seen[row.pk]))


def validate_all(*, campaign: Campaign, answers: Collection[int], until: datetime, by: Actor, at: datetime) -> int:
    """Validate those of these answers that still wait, as they were at `until` (aware); returns how many."""
    with transaction.atomic():
        rows = PreRegistration.objects.filter(
            campaign=campaign, pk__in=list(answers), state=State.ANSWERED, answered_at__lte=until
        ).select_related("child")
        held = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
        _decide(campaign, held, state=State.VALIDATED, words="", by=by, at=at)
    return len(held)


def book_again(*, campaign: Campaign, by: Actor, at: datetime) -> int:
    """Ask the worker for the bookings of all validated answers once more: what already stands is left as it is.

    After the calendar was opened, a class was given, places were added. Returns how many.
    """
    with transaction.atomic():
        rows = PreRegistration.objects.filter(campaign=campaign, state=State.VALIDATED, returns=True)
        held = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
        _ask_for_bookings(held)
        PreRegistration.objects.bulk_update(held, ["booking", "booking_jeton"], batch_size=1000)
        record(
            by=by,
            channel=Channel.OFFICE,
            action="campaign_booked_again",
            subject=f"campaign:{campaign.pk}",
            after={"answers": len(held)},
            at=at,
        )
    return len(held)


def book_asked(*, at: datetime) -> int:
    """Bring bookings to what was decided, one answer after the other; returns how many. Two workers share them."""
    done = 0
    while _book_next(at=at):
        done += 1
    return done


def _decide(
    campaign: Campaign, rows: Sequence[PreRegistration], *, state: State, words: str, by: Actor, at: datetime
) -> None:
    if not rows:
        return
    before = {row.pk: row.state for row in rows}
    for row in rows:
        row.state, row.words, row.decided_at, row.decided_by = state, words, at, by.label
    with_bookings = [row for row in rows if campaign.books or row.outcome.get("receipts")]
    _ask_for_bookings(with_bookings)
    PreRegistration.objects.bulk_update(
        rows, ["state", "words", "decided_at", "decided_by", "booking", "booking_jeton"], batch_size=1000
    )
    _admit(campaign, rows)
    record_many(
        Entry(
            by,
            Channel.OFFICE,
            f"pre_registration_{state}",
            campaigns.subject_of(row),
            before={"state": before[row.pk]},
            after={"state": state, "version": row.version, "words": words},
            at=at,
        )
        for row in rows
    )
    _tell(campaign, [row for row in rows if row not in with_bookings], by=by)


def _ask_for_bookings(rows: Iterable[PreRegistration]) -> None:
    asked = False
    for row in rows:
        row.booking, row.booking_jeton, asked = ToBook.ASKED, uuid.uuid4(), True
    if asked:
        wake_after_commit(BOOK)


def _admit(campaign: Campaign, rows: Sequence[PreRegistration]) -> None:
    """Give the children validated their access by name, in place of what an earlier decision gave."""
    Admission.objects.filter(answer__in=rows).delete()
    standing = {activity.pk for activity in campaign.activities.all()}
    Admission.objects.bulk_create(
        (
            Admission(
                answer=row,
                child_id=row.child_id,
                activity_id=activity,
                first_day=campaign.first_day,
                last_day=campaign.last_day,
            )
            for row in rows
            if row.state == State.VALIDATED
            for activity in campaigns.chosen(row)
            if activity in standing
        ),
        batch_size=2000,
    )


def _book_next(*, at: datetime) -> bool:
    """One answer's bookings, in a transaction: with the same token they are made once, whoever tries."""
    with transaction.atomic():
        waiting = PreRegistration.objects.filter(booking=ToBook.ASKED).select_related("child", "household", "campaign")
        row = waiting.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("pk").first()
        if row is None:
            return False
        by = Actor(ActorKind.AGENT, campaigns.subject_of(row), row.decided_by)
        saved = _bring(row, by=by, at=at)
        told, decided = row.outcome.get("told"), _decision(row)
        row.booking, row.outcome = ToBook.DONE, {**_outcome(row, saved), "told": decided}
        row.save(update_fields=("booking", "outcome"))
        if told != decided:
            _tell(row.campaign, [row], by=by)
    return True


def _bring(row: PreRegistration, *, by: Actor, at: datetime) -> Saved | None:
    today = at.astimezone(context.current().zone).date()
    chosen = campaigns.chosen(row) if row.state == State.VALIDATED and row.campaign.books else {}
    wanted = days_wanted(campaigns.facts(row.campaign), chosen, after=today)
    asked = changes(wanted, booked_before=_booked_by(row), after=today)
    if not asked:
        return None
    assert row.booking_jeton is not None
    said = _("Préinscription %(number)s, %(title)s") % {"number": row.number, "title": row.campaign.title}
    return change_bookings(
        child=row.child,
        household=row.household,
        changes=asked,
        by=by,
        channel=Channel.OFFICE,
        received_at=at,
        jeton=row.booking_jeton,
        powers=POWERS,
        reason=said,
    )


def _booked_by(row: PreRegistration) -> list[Cell]:
    """The days that earlier decisions about this answer booked."""
    made = JournalEntry.objects.filter(receipt__in=row.outcome.get("receipts", ()), after=True)
    return [Cell(*pair) for pair in made.values_list("activity", "day")]


def _outcome(row: PreRegistration, saved: Saved | None) -> dict[str, Any]:
    """What the worker did, `booked` being all that stands by this answer's decisions since the first one."""
    receipts, booked = list(row.outcome.get("receipts", ())), row.outcome.get("booked", 0)
    refused = saved.refused if saved else ()
    canceled = 0
    if saved and saved.receipt and saved.receipt.pk not in receipts:
        receipts.append(saved.receipt.pk)
        canceled = sum(not entry.after for entry in saved.entries)
        booked += len(saved.entries) - 2 * canceled
    told = [pair for pair in refused if pair[1].code != PlanningRefusal.NO_SERVICE]
    return {
        "receipts": receipts,
        "booked": max(booked, 0),
        "canceled": canceled,
        "refused": [_written(*pair) for pair in told[:KEPT_REFUSALS]],
        "without_service": len(refused) - len(told),
    }


def _written(asked: Change, refusal: Refusal) -> dict[str, Any]:
    return written_refusal(asked, refusal)


def _decision(row: PreRegistration) -> str:
    """Which decision a family was told of."""
    return row.decided_at.isoformat() if row.decided_at else ""


def _tell(campaign: Campaign, rows: Sequence[PreRegistration], *, by: Actor) -> None:
    """Write to the families: what was decided for each child, and what could not be booked."""
    if not rows:
        return
    recipients = of_many({row.household_id for row in rows}, ANSWER)
    url = url_of(context.current(), "/preinscription/")
    post_many(
        [
            Post(to=one.email, facts={**_mail(campaign, row), **one.facts, "url": url})
            for row in rows
            for one in recipients.get(row.household_id, ())
        ],
        template="booking/emails/decided",
        by=by,
    )


def _mail(campaign: Campaign, row: PreRegistration) -> dict[str, Any]:
    return {
        "campaign": campaign.title,
        "child": str(row.child),
        "number": row.number,
        "validated": row.state == State.VALIDATED,
        "returns": row.returns,
        "lines": chosen_lines(row),
        "words": row.words,
        "booked": row.outcome.get("booked", 0) if row.booking == ToBook.DONE else 0,
        "refused": len(row.outcome.get("refused", ())) if row.booking == ToBook.DONE else 0,
    }


def _fill(campaign: Campaign, spec: CampaignSpec) -> None:
    """Write what the agent said; days kept for the validated are part of the catalogue."""
    campaign.title, campaign.words = spec.title, spec.words
    campaign.first_day, campaign.last_day = spec.first_day, spec.last_day
    campaign.opens_at, campaign.closes_at = spec.opens_at, spec.closes_at
    campaign.weekdays, campaign.books, campaign.reserves = sorted(spec.weekdays), spec.books, spec.reserves
    campaign.save()
    campaign.activities.set(list(spec.activities))
    renew_catalogue_stamp()


def _locked(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)


def _record(campaign: Campaign, action: str, *, by: Actor, at: datetime, before: Mapping[str, Any] | None) -> None:
    subject = f"campaign:{campaign.pk}"
    record(by=by, channel=Channel.OFFICE, action=action, subject=subject, before=before, after=_told(campaign), at=at)


def _after_answers(campaign: Campaign) -> datetime:
    """The first instant after the last answer: one received while an agent closes is in time."""
    last = PreRegistration.objects.filter(campaign=campaign).aggregate(at=Max("answered_at"))["at"]
    return last + timedelta(microseconds=1) if last else campaign.opens_at


def _told(campaign: Campaign) -> dict[str, Any]:
    """A campaign as the audit keeps it."""
    return {
        "title": campaign.title,
        "days": [str(campaign.first_day), str(campaign.last_day)],
        "opens_at": campaign.opens_at.isoformat(),
        "closes_at": campaign.closes_at.isoformat(),
        "activities": sorted(campaign.activities.values_list("pk", flat=True)),
        "weekdays": campaign.weekdays,
        "books": campaign.books,
        "reserves": campaign.reserves,
    }
