"""How long the console keeps what it told and whom it let in: a year, as the journals that tell the same."""

from datetime import datetime

from django.db import transaction

from lps.console.models import Visit
from lps.journal import retention
from tenants import context
from tenants.models import Notice


def forget_old(*, now: datetime) -> int:
    """Erase the visits and the notices that ended more than a year ago (`now`: true). Twice erases nothing more."""
    ended = {"ends_at__lt": now - retention.KEPT}
    with transaction.atomic(), context.public():
        visits, _ = Visit.objects.filter(**ended).delete()
        notices, _ = Notice.objects.filter(**ended).delete()
        retention.report({"visits": visits, "notices": notices}, at=now)
    return visits + notices
