"""Closing days and undoing it as agents ask for it: at once when it is small, else by a worker that a page follows.

The action is one: `closures.close` and `reopening.undo`. A work whose worker, or whose request, was killed is begun
again by the next worker, from nothing: each is one transaction.
"""

import logging
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
from lps.journal.actors import Actor, ActorKind
from lps.kernel import clock
from tenants import progressing
from tenants.wakeup import wake_after_commit

log = logging.getLogger(__name__)
Kind = ClosureWork.Kind
State = ClosureWork.State
UNFINISHED = (State.ASKED, State.WORKING)
AT_ONCE = 500  # bookings: a third of a second
TRIES = 3  # a work that stops its worker (memory, time) would else do so every minute
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
    unfinished = ClosureWork.objects.filter(state__in=UNFINISHED).order_by("pk")
    return sum(_work(pk) for pk in list(unfinished.values_list("pk", flat=True)))


def progress(work: ClosureWork) -> int:
    """How many of its `STEPS` it has begun; 0 when nobody knows."""
    return progressing.told(_work_name(work.pk))[0]


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
        _work(made.pk)
        made.refresh_from_db()
    return made


def _author(by: Actor, at: datetime) -> dict[str, Any]:
    return {"asked_at": at, "asked_by": by.label, "asked_key": f"{by.kind}:{by.key}"[:80]}


def _work(pk: int) -> bool:
    work = _begin(pk)
    if work is None:
        return False
    try:
        with transaction.atomic():
            if not _hold(pk):
                return False
            _do(work)
            _finish(work, State.DONE)
    except reopening.AlreadyUndone:
        _finish(work, State.FAILED, "undone")
        return False
    except Exception:  # our own mistake: all was rolled back; the agent is told, and the error goes on to the logs
        _finish(work, State.FAILED, "internal")
        raise
    return True


def _do(work: ClosureWork) -> None:
    """By whom asked for it, as of now: a worker may come late."""
    kind, _colon, key = work.asked_key.partition(":")
    by, now = Actor(ActorKind(kind), key, work.asked_by), clock.now()
    note = unheard if work.bookings <= AT_ONCE else partial(_note, work.pk)
    if work.kind == Kind.CLOSE:
        work.closure = closures.close(scope=Scope.of(work), reason=work.reason, by=by, at=now, note=note)
    else:
        assert work.closure
        reopening.undo(closure=work.closure, by=by, at=now, note=note)


def _begin(pk: int) -> ClosureWork | None:
    """Count a try before it is made, so that one which stops its worker was counted; None when it is not to be made.

    Two workers who begin together count two, and one of them works.
    """
    with transaction.atomic():
        if not _hold(pk):
            return None
        work = ClosureWork.objects.select_related("closure").get(pk=pk)
        if work.tries >= TRIES:
            log.error("closing %s given up: it stopped its worker %s times", pk, work.tries)
            _finish(work, State.FAILED, "stopped")
            return None
        work.state, work.tries = State.WORKING, work.tries + 1
        work.save(update_fields=("state", "tries"))
    return work


def _hold(pk: int) -> bool:
    """Hold the work until the transaction ends, or the worker dies; False when another worker does, or it is over."""
    free = ClosureWork.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return bool(free.filter(pk=pk, state__in=UNFINISHED).values_list("pk"))


def _finish(work: ClosureWork, state: State, failure: str = "") -> None:
    work.state, work.failure, work.finished_at = state, failure, clock.now()
    work.save(update_fields=("state", "failure", "closure", "finished_at"))


def _note(pk: int, step: int) -> None:
    progressing.note(_work_name(pk), step)


def _work_name(pk: int) -> str:
    return f"closure_work:{pk}"
