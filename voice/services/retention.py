"""The journal of calls is kept for the months that the town chose, and no longer."""

from datetime import datetime, timedelta

from django.db import transaction

from lps.journal.retention import report
from voice import queries
from voice.models import Call

MONTH = timedelta(days=31)
UNDER_WAY = timedelta(hours=1)  # much longer than any call


def purge(*, now: datetime) -> int:
    """Forget the calls whose term has passed at an instant (aware); returns how many. Idempotent."""
    forget_states(now=now)
    term = now - queries.settings().months_kept * MONTH
    with transaction.atomic():
        forgotten, _ = Call.objects.filter(called_at__lt=term).delete()
        report({"calls": forgotten}, at=now)
    return forgotten


def forget_states(*, now: datetime) -> None:
    """Empty what a dialogue kept between two requests; a call whose end nobody told has hung up. Idempotent."""
    old = Call.objects.filter(called_at__lt=now - UNDER_WAY)
    old.filter(outcome=Call.Outcome.RUNNING).update(outcome=Call.Outcome.HUNG_UP)
    old.exclude(state="").update(state="")
