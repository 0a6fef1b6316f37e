"""What a worker does for a run: asked by an agent, begun again when its worker dies, told when it fails."""

from collections.abc import Mapping

from django.db import transaction

from billing.models import BillingRun, RunWork
from billing.services import runs
from billing.services.computing import compute
from billing.services.held import WHOLE, RunRefused, hold, is_busy
from billing.wakeup import RUNS
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from tenants import context
from tenants.long_work import LongWork, Made
from tenants.wakeup import wake_after_commit

Kind = RunWork.Kind
State = RunWork.State
Run = BillingRun.State
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
        who = {"asked_at": clock.now(), "asked_by": by.label, "asked_key": by.reference}
        RunWork.objects.update_or_create(run=held, kind=kind, defaults={**fresh, **who})
        after = {"label": held.label}
        record(by=by, channel=Channel.OFFICE, action=_ASKED[kind], subject=f"billing_run:{held.pk}", after=after)
        wake_after_commit(RUNS)
    return True


def work_asked() -> int:
    """Do what waits, one after the other; returns how much. What fails leaves nothing but its reason.

    A work whose worker was killed is begun again, from nothing, and given up once it has stopped `TRIES` of them.
    """
    return WORK.work_asked()


def progress(work: RunWork) -> int:
    """How much of its `total` is done; 0 when nobody knows."""
    return WORK.told(work.pk)[0]


def _do(work: RunWork) -> Made:
    """By whom asked for it, as of now: a worker may come late, and families keep their days to pay."""
    by, now = Actor.referred(work.asked_key, work.asked_by), clock.now()
    today = now.astimezone(context.current().zone).date()
    if work.kind == Kind.COMPUTE:
        compute(run=work.run, today=today, at=now, by=by, note=lambda done: WORK.note(work.pk, done))
    else:
        runs.publish(run=work.run, today=today, at=now, by=by)
    return Made({})


def _begin(work: RunWork) -> dict[str, int]:
    return {"total": len(work.run.households) or Household.objects.count()}


def _refusal(error: Exception) -> str:
    return error.code if isinstance(error, RunRefused) else ""


WORK = LongWork(
    name="run_work",
    rows=RunWork.objects.filter(kind__in=WHOLE).select_related("run"),
    do=_do,
    begin=_begin,
    refusal=_refusal,
)
