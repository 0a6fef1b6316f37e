"""Hold a run while it changes: two agents who click at once are served one after the other."""

from billing.models import BillingRun


class RunRefused(Exception):
    """Nothing was done: `code` says why (state, version, prices, overlap, numbers, nothing_to_check; of corrections:
    days, nothing, balanced)."""

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
