"""Hold a run while it changes: two agents who click at once are served one after the other."""

from billing.models import BillingRun


class RunRefused(Exception):
    """Nothing was done: `code` says why (state, version, prices, overlap, numbers, nothing_to_check)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def hold(pk: int, *states: BillingRun.State) -> BillingRun:
    """Lock a run until the transaction ends; raise `RunRefused` unless it is in one of these states."""
    run = BillingRun.objects.select_for_update(of=("self",)).select_related("cash_office").get(pk=pk)
    if run.state not in states:
        raise RunRefused("state")
    return run
