"""Hold a run while it changes: two agents who click at once are served one after the other."""

from billing.models import BillingRun, RunWork

# The works that change a whole run: one at a time.
WHOLE = (RunWork.Kind.COMPUTE, RunWork.Kind.PUBLISH)
UNFINISHED = (RunWork.State.ASKED, RunWork.State.WORKING)


class RunRefused(Exception):
    """Nothing was done: `code` says why (state, busy, version, empty, prices, overlap, numbers, nothing_to_check; of
    corrections: days, nothing, balanced)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def hold(pk: int, *states: BillingRun.State) -> BillingRun:
    """Lock a run until the transaction ends; raise `RunRefused` unless it is in one of these states."""
    run = BillingRun.objects.select_for_update(of=("self",)).select_related("cash_office", "corrects").get(pk=pk)
    if run.state not in states:
        raise RunRefused("state")
    return run


def hold_origin(run: BillingRun) -> None:
    """Lock the month's run behind a run: whoever corrects its days, or cancels an invoice of it, waits.

    Two corrections of the same days, computed one beside the other, would give the same difference back twice.
    """
    BillingRun.objects.select_for_update(of=("self",), no_key=True).get(pk=run.corrects_id or run.pk)


def is_busy(run: BillingRun) -> bool:
    """Whether a worker computes or publishes it, or is going to."""
    return RunWork.objects.filter(run=run, kind__in=WHOLE, state__in=UNFINISHED).exists()


def refuse_busy(run: BillingRun) -> None:
    """Raise `RunRefused("busy")` for a run on which a worker is at work: who would wait for it is told at once."""
    if is_busy(run):
        raise RunRefused("busy")
