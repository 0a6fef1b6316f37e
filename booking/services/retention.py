"""How long bookings, roll calls, absences and their proofs are kept: the school year and the next one."""

from datetime import date, datetime, time

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from booking.models import (
    Absence,
    Attendance,
    Booking,
    JournalEntry,
    PeriodChoice,
    PeriodReopening,
    PreRegistration,
    Receipt,
    WaitingEntry,
)
from booking.services.absences import forget_documents
from booking.services.days import school_year_of
from lps.journal.operations import purging
from lps.journal.retention import report
from tenants import context

_BATCH = 5000


def first_day_kept(today: date) -> date:
    """The first day of the school year before the one that `today` is in."""
    first = school_year_of(today)[0]
    return first.replace(year=first.year - 1)


def apply_terms(*, today: date, now: datetime) -> None:
    """Erase what is of days before the first one kept, and tell the journal how much. Twice erases nothing more."""
    limit = first_day_kept(today)
    documents = list(_absences(limit).exclude(document="").values_list("document", flat=True))
    with purging():
        purged = {
            "documents": forget_documents(now=now),
            "attendances": Attendance.objects.filter(service_day__day__lt=limit).delete()[0],
            "absences": _absences(limit).delete()[0],
            "waiting": WaitingEntry.objects.filter(service_day__day__lt=limit).delete()[0],
            "bookings": Booking.objects.filter(day__lt=limit).delete()[0],
            "reopenings": PeriodReopening.objects.filter(choice__period__last_day__lt=limit).delete()[0],
            "choices": PeriodChoice.objects.filter(period__last_day__lt=limit).delete()[0],
            "changes": JournalEntry.objects.filter(day__lt=limit).delete()[0],
            "pre_registrations": PreRegistration.objects.filter(campaign__last_day__lt=limit).delete()[0],
            "receipts": _forget_receipts(limit),
        }
        report(purged, at=now)
    for name in documents:
        default_storage.delete(name)


def _absences(limit: date) -> QuerySet[Absence]:
    return Absence.objects.filter(last_day__lt=limit)


def _forget_receipts(limit: date) -> int:
    """Receipts of which every line is gone, some thousands at a time: each is looked for in other tables."""
    before = datetime.combine(limit, time(), context.current().zone)
    empty = Receipt.objects.filter(received_at__lt=before, entries__isnull=True, period_choice__isnull=True)
    count = 0
    while pks := list(empty.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        count += Receipt.objects.filter(pk__in=pks).delete()[0]
    return count
