"""What bookings hold of a family that is erased: words and documents go, the facts stay for their term."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, Q

from booking.models import Absence, Booking, JournalEntry, PeriodReopening, PreRegistration, Receipt, WaitingEntry
from lps.families.erasers import Erased
from lps.families.services.erasing import FAMILY_WORD
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.operations import purging

OWN_DOORS = (Channel.WEB, Channel.VOICE)


def obstacles(erased: Erased) -> Mapping[int, int]:
    """Bookings to come, by household."""
    rows = Booking.objects.standing().filter(household__in=erased.households, day__gte=erased.day)
    return dict(rows.values_list("household").annotate(number=Count("pk")).order_by())


def erase(erased: Erased, *, by: Actor, at: datetime) -> None:
    """Authors' names, reasons, answers and documents go; lists that the children wait on are left."""
    theirs = Q(household__in=erased.households)
    with purging():
        Receipt.objects.filter(theirs, channel__in=OWN_DOORS).update(author=FAMILY_WORD)
        Receipt.objects.filter(theirs).update(reason="")
        PeriodReopening.objects.filter(choice__household__in=erased.households).update(reason="")
        JournalEntry.objects.filter(theirs, channel__in=OWN_DOORS).update(author=FAMILY_WORD)
    absences = Absence.objects.filter(theirs)
    documents = list(absences.exclude(document="").values_list("document", flat=True))
    absences.update(reason="", document="", answer="")
    PreRegistration.objects.filter(theirs).update(words="")
    waiting = WaitingEntry.objects.filter(theirs, state__in=WaitingEntry.OPEN)
    waiting.update(state=WaitingEntry.State.LEFT, ended_at=at, accept_by=None)
    transaction.on_commit(partial(_delete_files, documents))


def _delete_files(names: Sequence[str]) -> None:
    for name in names:
        default_storage.delete(name)
