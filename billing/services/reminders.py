"""Remind families of what they have not paid: once a level, never of what was paid meanwhile."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max

from billing import papers
from billing import reminders as reads
from billing.models import BillingSettings, Invoice, Reminder, ReminderLevel, ReminderSending
from billing.reminders import Notice, Way
from billing.wakeup import REMINDERS
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record, record_many
from notifications.services import Post, post_many
from tenants import context
from tenants.long_work import LongWork, Made
from tenants.queries import url_of
from tenants.wakeup import wake_after_commit

State = ReminderSending.State


class NothingToSend(ValueError):
    """None of the invoices chosen is to be reminded any more."""


class LevelUsed(ValueError):
    """Families were reminded at that level: it is kept, and its words may be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSpec:
    """What an agent says of a level."""

    days_after: int
    way: ReminderLevel.Way
    title: str
    words: str


def send(*, invoices: Collection[int], today: date, by: Actor, at: datetime) -> ReminderSending:
    """Send the reminders due for these invoices, e-mails now and letters by a worker. Raises `NothingToSend`.

    The invoices are locked in the order of their keys, as payments lock them: what is paid meanwhile is left out, and
    two agents who send at once remind nobody twice.
    """
    with transaction.atomic():
        rows = Invoice.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(invoices))
        list(rows.order_by("pk").values_list("pk"))
        notices = reads.notices(today=today, invoices=invoices)
        if not notices:
            raise NothingToSend
        letters = [notice for notice in notices if notice.way == Way.LETTER]
        sending = ReminderSending.objects.create(
            sent_at=at,
            sent_by=by.label,
            emails=len(notices) - len(letters),
            letters=len(letters),
            state=State.ASKED if letters else State.DONE,
        )
        Reminder.objects.bulk_create(_rows(notices, sending))
        _post([notice for notice in notices if notice.way == Way.EMAIL], by=by)
        record_many(_entries(notices, by=by, at=at))
        if letters:
            wake_after_commit(REMINDERS)
    return sending


def draw_asked() -> int:
    """Draw the letters that wait, one file a sending; returns how many. What fails is told on the page."""
    return WORK.work_asked()


def draw_again(*, sending: ReminderSending, by: Actor) -> None:
    """Have letters that could not be drawn drawn again; twice asks once."""
    with transaction.atomic():
        if ReminderSending.objects.filter(pk=sending.pk, state=State.FAILED).update(state=State.ASKED, tries=0):
            record(by=by, channel=Channel.OFFICE, action="reminders_drawn_again", subject=f"reminders:{sending.pk}")
            wake_after_commit(REMINDERS)


def save_level(*, level: ReminderLevel | None, spec: LevelSpec, by: Actor) -> ReminderLevel:
    """Add a level after the last one, or change one."""
    with transaction.atomic():
        before = _told(level) if level else None
        row = level or ReminderLevel(rank=_next_rank())
        row.days_after, row.way, row.title, row.words = spec.days_after, spec.way, spec.title, spec.words
        row.save()
        action = "reminder_level_changed" if level else "reminder_level_added"
        subject = f"reminder_level:{row.pk}"
        record(by=by, channel=Channel.OFFICE, action=action, subject=subject, before=before, after=_told(row))
    return row


def start_levels(*, specs: Collection[LevelSpec], by: Actor) -> None:
    """Add these levels where the town has none; twice adds nothing more."""
    with transaction.atomic():
        if not ReminderLevel.objects.exists():
            for spec in specs:
                save_level(level=None, spec=spec, by=by)


def remove_level(*, level: ReminderLevel, by: Actor) -> None:
    """Take away a level at which nobody was reminded. Raises `LevelUsed`."""
    with transaction.atomic():
        if Reminder.objects.filter(rank=level.rank).exists():
            raise LevelUsed
        subject = f"reminder_level:{level.pk}"
        record(by=by, channel=Channel.OFFICE, action="reminder_level_removed", subject=subject, before=_told(level))
        level.delete()


def set_minimum(*, amount: Any, by: Actor) -> None:
    """Below it nobody is reminded."""
    with transaction.atomic():
        before = reads.minimum()
        BillingSettings.objects.update_or_create(pk=1, defaults={"reminder_minimum": amount})
        if before != amount:
            record(
                by=by,
                channel=Channel.OFFICE,
                action="reminder_minimum_changed",
                subject="town:billing",
                before={"amount": str(before)},
                after={"amount": str(amount)},
            )


def _rows(notices: Collection[Notice], sending: ReminderSending) -> list[Reminder]:
    return [
        Reminder(
            invoice_id=row.pk,
            sending=sending,
            rank=notice.level.rank,
            way=notice.way,
            left=row.left,
            sent_at=sending.sent_at,
            sent_by=sending.sent_by,
        )
        for notice in notices
        for row in notice.invoices
    ]


def _post(notices: Collection[Notice], *, by: Actor) -> None:
    url = url_of(context.current(), "/factures/")
    posts = [
        Post(
            to=one.email,
            facts={
                **one.facts,
                "title": notice.level.title,
                "paragraphs": notice.paragraphs,
                "total": notice.total,
                "lines": [
                    {"number": row.number, "label": row.label, "due_date": row.due_date, "left": row.left}
                    for row in notice.invoices
                ],
                "url": url,
            },
        )
        for notice in notices
        for one in notice.recipients
    ]
    post_many(posts, template="billing/emails/reminder", by=by)


def _entries(notices: Collection[Notice], *, by: Actor, at: datetime) -> list[Entry]:
    return [
        Entry(
            by,
            Channel.OFFICE,
            "family_reminded",
            f"household:{notice.household_id}",
            after={
                "level": notice.level.rank,
                "way": str(notice.way),
                "invoice": [row.number for row in notice.invoices],
                "amount": str(notice.total),
            },
            at=at,
        )
        for notice in notices
    ]


def _draw(sending: ReminderSending) -> Made:
    content = papers.reminders(reads.of_sending(sending), at=sending.sent_at)
    return Made({"path": default_storage.save(f"reminders/{uuid.uuid4().hex}.pdf", ContentFile(content))})


WORK = LongWork(
    name="reminders", rows=ReminderSending.objects.all(), do=_draw, fail=lambda sending, code: {}, working=State.DRAWING
)


def _next_rank() -> int:
    return (ReminderLevel.objects.aggregate(last=Max("rank"))["last"] or 0) + 1


def _told(level: ReminderLevel) -> dict[str, Any]:
    return {"level": level.rank, "days": level.days_after, "way": level.way, "title": level.title, "body": level.words}
