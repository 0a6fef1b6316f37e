"""Closing days and undoing it as agents ask for it: at once when it is small, else by a worker that a page follows.

The action is one: `closures.close` and `reopening.undo`. A work whose worker, or whose request, was killed is begun
again by the next worker, from nothing (`tenants.long_work`).
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction

from booking.models import Booking, Closure, ClosureWork
from booking.services import closures, reopening
from booking.services.closures import Scope, unheard
from booking.wakeup import CLOSURES
from lps.journal.actors import Actor
from lps.kernel import clock
from tenants.long_work import LongWork, Made
from tenants.wakeup import wake_after_commit

Kind = ClosureWork.Kind
State = ClosureWork.State
UNFINISHED = (State.ASKED, State.WORKING)
AT_ONCE = 500  # bookings: a third of a second
STEPS = 4  # of closing as of undoing: days held and bookings read, changed, journal, families told


def close(*, scope: Scope, reason: str, jeton: uuid.UUID, by: Actor, at: datetime) -> ClosureWork:
    """Close these days, or have a worker do it; the same form sent again gives what was asked the first time.

    Until it is done the days are open: what a parent books meanwhile is canceled with the rest.
    """
    return _asked(
        lambda: ClosureWork.objects.get(jeton=jeton),
        kind=Kind.CLOSE,
        jeton=jeton,
        first_day=scope.first_day,
        last_day=scope.last_day,
        site_id=scope.site_id,
        school_class_id=scope.school_class_id,
        activity_id=scope.activity_id,
        reason=reason,
        bookings=scope.bookings().count(),
        **_author(by, at),
    )


def undo(*, closure: Closure, by: Actor, at: datetime) -> ClosureWork:
    """Undo a closure, or have a worker do it; asked again while it is under way, this gives the same work.

    Raises `AlreadyUndone`.
    """
    if closure.undone_at:
        raise reopening.AlreadyUndone(closure.pk)
    return _asked(
        lambda: closure.works.filter(kind=Kind.UNDO).latest("pk"),
        kind=Kind.UNDO,
        closure=closure,
        first_day=closure.first_day,
        last_day=closure.last_day,
        site_id=closure.site_id,
        school_class_id=closure.school_class_id,
        activity_id=closure.activity_id,
        reason=closure.reason,
        bookings=Booking.objects.filter(closure=closure.pk, canceled_at__isnull=False).count(),
        **_author(by, at),
    )


def work_asked() -> int:
    """Do what waits, one after the other; returns how much. What fails leaves nothing but its reason."""
    return WORK.work_asked()


def progress(work: ClosureWork) -> int:
    """How many of its `STEPS` it has begun; 0 when nobody knows."""
    return WORK.told(work.pk)[0]


def _asked(first: Callable[[], ClosureWork], **facts: Any) -> ClosureWork:
    """Write down what is asked, or find it: of two forms sent at once, a constraint lets one in."""
    try:
        with transaction.atomic():
            made = ClosureWork.objects.create(**facts)
            if made.bookings > AT_ONCE:
                wake_after_commit(CLOSURES)
    except IntegrityError:
        return first()
    if made.bookings <= AT_ONCE:
        WORK.work(made.pk)
        made.refresh_from_db()
    return made


def _author(by: Actor, at: datetime) -> dict[str, Any]:
    return {"asked_at": at, "asked_by": by.label, "asked_key": by.reference}


def _do(work: ClosureWork) -> Made:
    """By whom asked for it, as of now: a worker may come late."""
    by, now = Actor.referred(work.asked_key, work.asked_by), clock.now()
    note = unheard if work.bookings <= AT_ONCE else partial(WORK.note, work.pk)
    if work.kind == Kind.CLOSE:
        closed = closures.close(scope=Scope.of(work), reason=work.reason, by=by, at=now, note=note)
        return Made({"closure": closed})
    assert work.closure
    reopening.undo(closure=work.closure, by=by, at=now, note=note)
    return Made({})


def _refusal(error: Exception) -> str:
    return "undone" if isinstance(error, reopening.AlreadyUndone) else ""


WORK = LongWork(name="closure_work", rows=ClosureWork.objects.select_related("closure"), do=_do, refusal=_refusal)
