"""A commune's dead letters, for operators: read and sent again from inside of it, without opening one."""

from datetime import datetime

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from notifications import queries
from notifications.models import OutboxQuerySet
from notifications.queries import Reason
from notifications.services import resending
from notifications.services.resending import Bulk
from tenants import context
from tenants.models import Commune


def reasons(commune: Commune) -> list[Reason]:
    """Why its messages were given up, and how many."""
    with context.use(commune):
        return queries.reasons()


def look(commune: Commune, *, kind: str, code: str, now: datetime) -> Bulk:
    """What sending again all that was given up for one reason would be."""
    with context.use(commune):
        return resending.look(_of(kind, code), now=now)


def resend(commune: Commune, *, kind: str, code: str, by: Actor, at: datetime) -> int:
    """Send it again; how many. The commune's journal says who did."""
    with context.use(commune):
        return resending.resend_many(_of(kind, code), subject="messages", by=by, channel=Channel.WEB, at=at)


def _of(kind: str, code: str) -> OutboxQuerySet:
    return queries.dead_letters().filter(kind=kind, last_error=code)
