"""Whether an invoice can be paid online now, and why not: pure. Instants are aware, amounts are euros."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing.rules.settlement import limit_of_invoice
from lps.kernel.refusals import Refusal

# An attempt that never reached the Treasury bars as long as the call can last, no more.
OPENING_FOR = timedelta(seconds=70)
# The Treasury's page must be opened within this time of the attempt.
PAGE_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An attempt of the invoice: from when until when it bars another one.

    `is_held`: what was paid is not what was asked, and the régie has not looked at it yet. `is_announced`: said to be
    paid by an unsigned word, which the Treasury's file has not confirmed yet.
    """

    opened_at: datetime
    ends_at: datetime
    is_held: bool = False
    is_announced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """An invoice as paying it online sees it. `online_until` is its run's, None when it has none.

    `is_split`: it is a titre of which a part was paid already: the Treasury takes it whole or not at all.
    """

    left: Decimal
    online_until: datetime | None
    is_online: bool
    minimum: Decimal
    maximum: Decimal
    is_split: bool = False
    bars: Sequence[Bar] = ()


def limit(debt: Debt) -> datetime | None:
    """The first instant at which it can no longer be paid online, the bars that cross the run's counted.

    Only an attempt opened before the run's limit moves it: one that the moved limit let in does not move it again.
    """
    if debt.online_until is None:
        return None
    ends = [bar.ends_at for bar in debt.bars if bar.opened_at < debt.online_until]
    return limit_of_invoice(debt.online_until, max(ends, default=None))


def refusal(debt: Debt, *, now: datetime) -> Refusal | None:
    """Why it cannot be paid online at `now`; None when it can.

    Codes: paid, offline, held, announced, barred (`until`), late (`limit`), split, minimum and maximum (`amount`).
    """
    if debt.left <= 0:
        return Refusal("paid")
    if not debt.is_online:
        return Refusal("offline")
    if any(bar.is_held for bar in debt.bars):
        return Refusal("held")
    if any(bar.is_announced for bar in debt.bars):
        return Refusal("announced")
    barred_until = max((bar.ends_at for bar in debt.bars), default=None)
    if barred_until is not None and now < barred_until:
        return Refusal("barred", until=barred_until)
    last = limit(debt)
    if last is None or now >= last:
        return Refusal("late", limit=last)
    if debt.is_split:
        return Refusal("split")
    if debt.left < debt.minimum:
        return Refusal("minimum", amount=debt.minimum)
    if debt.left > debt.maximum:
        return Refusal("maximum", amount=debt.maximum)
    return None


def subject(template: str, *, number: str, label: str) -> str:
    """What PayFiP shows of the debt, from the régie's own words."""
    return template.replace("{numero}", number).replace("{libelle}", label)
