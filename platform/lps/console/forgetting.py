"""How long the console keeps what it told, whom it let in and what operators did: a year, as the towns' journals.

What became of a commune is kept five years: as long as the vendor and a town may go to law about it (Code civil, 2224).
"""

from datetime import datetime, timedelta

from django.db import transaction

from lps.console.models import Visit
from lps.journal import retention
from tenants import context
from tenants.models import Notice

PROVED = timedelta(days=5 * 365 + 2)
PROOFS = (
    "commune_opened",
    "commune_state_changed",
    "commune_offers_changed",
    "commune_erasure_planned",
    "commune_erasure_canceled",
    "commune_erased",
    "commune_restored",
    "town_export_asked",
    "town_exported",
    "town_export_taken",
    "keys_rotated",
)


def forget_old(*, now: datetime) -> int:
    """Erase visits and notices that ended more than a year ago, and the journal's old entries (`now`: true).

    Twice erases nothing more.
    """
    ended = {"ends_at__lt": now - retention.KEPT}
    with transaction.atomic(), context.public():
        visits, _ = Visit.objects.filter(**ended).delete()
        notices, _ = Notice.objects.filter(**ended).delete()
        entries = retention.forget_entries(now=now, proofs=PROOFS, proved=PROVED)
        retention.report({"visits": visits, "notices": notices, "audit_entries": entries}, at=now)
    return visits + notices + entries
