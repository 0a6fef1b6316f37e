"""What a worker does for a run: asked by an agent, begun again when its worker dies, told when it fails."""

import logging
from collections.abc import Mapping

from django.db import transaction

from billing.models import BillingRun, RunWork
from billing.services import runs
from billing.services.computing import compute
from billing.services.held import UNFINISHED, WHOLE, RunRefused, hold, is_busy
from billing.wakeup import RUNS
from lps.families.models import Household
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from tenants import context, progressing
from tenants.wakeup import wake_after_commit

log = logging.getLogger(__name__)
Kind = RunWork.Kind
State = RunWork.State
Run = BillingRun.State
TRIES = 3  # a run that stops its worker (memory, time) would else do so every minute
_FROM: Mapping[Kind, tuple[Run, ...]] = {Kind.COMPUTE: (Run.DRAFT, Run.CHECKED), Kind.PUBLISH: (Run.VALIDATED,)}
_ASKED = {Kind.COMPUTE: "run_compute_asked", Kind.PUBLISH: "run_publish_asked"}


def ask(*, run: BillingRun, kind: Kind, by: Actor) -> bool:
    """Have a worker compute or publish a run; False when one is already at work on it.

    Raises `RunRefused("state")` for a run that is not there any more, or not yet.
    """
    if is_busy(run):  # else a run being computed, which its worker holds, would make the agent wait
        return False
    with transaction.atomic():
        held = hold(run.pk, *_FROM[kind])
        if is_busy(held):  # of two who ask at once, the second one waited here
            return False
        fresh = {"state": State.ASKED, "tries": 0, "total": 0, "failure": "", "finished_at": None}
        who = {"asked_at": clock.now(), "asked_by": by.label, "asked_key": f"{by.kind}:{by.key}"[:80]}
        RunWork.objects.update_or_create(run=held, kind=kind, defaults={**fresh, **who})
        after = {"label": held.label}
        record(by=by, channel=Channel.OFFICE, action=_ASKED[kind], subject=f"billing_run:{held.pk}", after=after)
        wake_after_commit(RUNS)
    return True


def work_asked() -> int:
    """Do what waits, one after the other; returns how much. What fails leaves nothing but its reason.

    A work whose worker was killed is unfinished and held by nobody: it is begun again, from nothing, and given up once
    it has stopped `TRIES` of them.
    """
    unfinished = RunWork.objects.filter(kind__in=WHOLE, state__in=UNFINISHED).order_by("pk")
    return sum(_work(pk) for pk in list(unfinished.values_list("pk", flat=True)))


def progress(work: RunWork) -> int:
    """How much of its `total` is done; 0 when nobody knows."""
    return progressing.told(_work_name(work.pk))[0]


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
    except RunRefused as refused:
        log.warning("%s of run %s refused: %s", work.kind, work.run_id, refused.code)
        _finish(work, State.FAILED, refused.code)
        return False
    except Exception:  # our own mistake: all was rolled back; the agent is told, and the error goes on to the logs
        _finish(work, State.FAILED, "internal")
        raise
    return True


def _do(work: RunWork) -> None:
    """By whom asked for it, as of now: a worker may come late, and families keep their days to pay."""
    now = clock.now()
    today = now.astimezone(context.current().zone).date()
    if work.kind == Kind.COMPUTE:
        compute(run=work.run, today=today, at=now, by=_author(work), note=lambda done: _note(work.pk, done))
    else:
        runs.publish(run=work.run, today=today, at=now, by=_author(work))


def _author(work: RunWork) -> Actor:
    kind, _colon, key = work.asked_key.partition(":")
    return Actor(ActorKind(kind), key, work.asked_by)


def _begin(pk: int) -> RunWork | None:
    """Count a try before it is made, so that one which stops its worker was counted; None when it is not to be made.

    Two workers who begin together count two, and one of them works.
    """
    with transaction.atomic():
        if not _hold(pk):
            return None
        work = RunWork.objects.select_related("run").get(pk=pk)
        if work.tries >= TRIES:
            log.error("%s of run %s given up: it stopped its worker %s times", work.kind, work.run_id, work.tries)
            _finish(work, State.FAILED, "stopped")
            return None
        work.state, work.tries, work.total = State.WORKING, work.tries + 1, _households(work.run)
        work.save(update_fields=("state", "tries", "total"))
        _note(pk, 0)
    return work


def _households(run: BillingRun) -> int:
    return len(run.households) or Household.objects.count()


def _hold(pk: int) -> bool:
    """Hold the work until the transaction ends, or the worker dies; False when another worker does, or it is over."""
    free = RunWork.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return bool(free.filter(pk=pk, state__in=UNFINISHED).values_list("pk"))


def _finish(work: RunWork, state: State, failure: str = "") -> None:
    work.state, work.failure, work.finished_at = state, failure, clock.now()
    work.save(update_fields=("state", "failure", "finished_at"))


def _note(pk: int, done: int) -> None:
    progressing.note(_work_name(pk), done)


def _work_name(pk: int) -> str:
    return f"run_work:{pk}"
