"""The journal of calls is kept for the months that the town chose, and no longer."""

from datetime import datetime, timedelta

from voice import queries
from voice.models import Call

MONTH = timedelta(days=31)


def purge(*, now: datetime) -> int:
    """Forget the calls whose term has passed at an instant (aware); returns how many. Idempotent."""
    term = now - queries.settings().months_kept * MONTH
    forgotten, _ = Call.objects.filter(called_at__lt=term).delete()
    return forgotten
