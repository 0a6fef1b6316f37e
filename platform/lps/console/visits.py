"""An operator enters a commune: with a reason, for a limited time, to look unless told otherwise, and the town sees it.

The console signs a short-lived link; on the town's host it opens a session of its agents' door whose holder is the
visit (`visit:12`). What a visitor may do is told by `visitors`; that who only looks changes nothing, by `gate`.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.db import transaction

from lps.accounts import devices, doorway, queries, sessions
from lps.accounts.actors import Operator, Visitor, actor_of
from lps.accounts.models import Account
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.console.models import Visit
from lps.console.rights import ENTER_TOWNS, WRITE_IN_TOWNS
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tenants.queries import url_of

KIND = "visit"
VENDOR = "Les Parents Services"
MINUTES = (15, 30, 60, 120)
LINK_LIFE = timedelta(minutes=5)
ENTERED, LEFT = "vendor_entered", "vendor_left"
_SALT = "console.visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Why an operator enters, for how long, and whether to change something."""

    reason: str
    minutes: int
    writes: bool = False


def ask(*, commune: Commune, wish: Wish, by: Operator) -> Visit:
    """Write a visit down; it begins once its link is followed. The caller asked for the right."""
    now = clock.real_now()
    with context.public():
        return Visit.objects.create(
            commune=commune,
            operator=int(by.key),
            operator_name=by.label[:120],
            reason=wish.reason,
            writes=wish.writes and allowed(by, WRITE_IN_TOWNS),
            asked_at=now,
            ends_at=now + timedelta(minutes=wish.minutes),
        )


def link_of(visit: Visit) -> str:
    """Where the visit begins, on the town's own host; it serves once and for five minutes."""
    token = signing.TimestampSigner(salt=_SALT).sign(str(visit.pk))
    return url_of(visit.commune, f"/mairie/visite/{token}/")


def of_token(token: str) -> Visit | None:
    """The visit of a link to the commune entered, if it can still begin."""
    try:
        pk = signing.TimestampSigner(salt=_SALT).unsign(token, max_age=LINK_LIFE)
    except signing.BadSignature:
        return None
    visit = _in_force(int(pk))
    return visit if visit and visit.entered_at is None else None


def enter(request: DoorRequest, visit: Visit) -> bool:
    """Begin the visit: the town's journal and the vendor's both tell it. False when it began already, or may not."""
    account = _operator_of(visit)
    if account is None:
        return False
    with transaction.atomic():
        with context.public():
            waiting = Visit.objects.filter(pk=visit.pk, entered_at__isnull=True, left_at__isnull=True)
            if not waiting.update(entered_at=clock.real_now()):
                return False
        _record(ENTERED, visit, by=actor_of_visit(visit))
        device = devices.device_of(request.headers.get("User-Agent", ""))
        doorway.enter(request, holder=f"{KIND}:{visit.pk}", generation=account.generation, device=device)
    return True


def leave(visit: Visit, *, by: Actor) -> bool:
    """End a visit at once, from either side; False when it had ended."""
    now = clock.real_now()
    with transaction.atomic():
        with context.public():
            if not Visit.objects.filter(pk=visit.pk, left_at__isnull=True, ends_at__gt=now).update(left_at=now):
                return False
        with context.use(visit.commune):
            sessions.end_sessions(holder=f"{KIND}:{visit.pk}")
        if visit.entered_at:
            _record(LEFT, visit, by=by)
    return True


def resolve(request: DoorRequest, key: str, generation: int) -> Visitor | None:
    """The visitor of a session; None once the time is over, the visit ended or its operator may enter no more."""
    visit = _in_force(int(key)) if key.isdecimal() else None
    account = _operator_of(visit) if visit else None
    if visit is None or visit.entered_at is None or account is None or account.generation != generation:
        return None
    return actor_of_visit(visit)


def actor_of_visit(visit: Visit) -> Visitor:
    """Who acts during a visit, named as the town's journal names it."""
    return Visitor(
        ActorKind.OPERATOR,
        str(visit.operator),
        f"{visit.operator_name[:90]} ({VENDOR})",
        visit.commune.schema_name,
        frozenset(),
        visit=visit.pk,
        writes=visit.writes,
        until=visit.ends_at,
        reason=visit.reason,
    )


def of_commune(commune: Commune, *, most: int) -> list[Visit]:
    """The last visits that began in a commune, the newest first."""
    with context.public():
        begun = Visit.objects.filter(commune=commune, entered_at__isnull=False)
        return list(begun.order_by("-entered_at", "-pk")[:most])


def visit_of(*, pk: int) -> Visit | None:
    """A visit with its commune, whatever became of it."""
    with context.public():
        return Visit.objects.select_related("commune").filter(pk=pk).first()


def is_over(visit: Visit) -> bool:
    """Whether nobody is inside any more."""
    return visit.left_at is not None or visit.ends_at <= clock.real_now()


def _in_force(pk: int) -> Visit | None:
    """A visit to the commune entered, which has not ended."""
    visit = visit_of(pk=pk)
    here = visit is not None and visit.commune_id == context.current().pk
    return visit if visit and here and not is_over(visit) else None


def _operator_of(visit: Visit) -> Account | None:
    """The account of the operator, if it may still enter, and change something when the visit does."""
    with context.public():
        account = queries.account(pk=visit.operator)
        if account is None or not account.is_active:
            return None
        return account if allowed(actor_of(account), WRITE_IN_TOWNS if visit.writes else ENTER_TOWNS) else None


def _record(action: str, visit: Visit, *, by: Actor) -> None:
    """In the commune's journal, where its agents read it, and in the registry's."""
    mode = "may_write" if visit.writes else "read_only"
    after = {"reason": visit.reason, "mode": mode, "to": visit.ends_at.isoformat()} if action == ENTERED else None
    with context.use(visit.commune):
        record(by=by, channel=Channel.WEB, action=action, subject="town", after=after)
    with context.public():
        record(by=by, channel=Channel.WEB, action=action, subject=f"commune:{visit.commune.slug}", after=after)
