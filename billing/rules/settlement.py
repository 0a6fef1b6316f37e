"""What an answer of the Treasury, or its silence, makes of an attempt: pure. Facts: PayFiP's contract and its users.

Only the Treasury's word settles or ends an attempt; a technical fault changes nothing and is asked again.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

# An operation whose result is not known (P5) bars another payment of the invoice for so long.
UNKNOWN_FOR = timedelta(minutes=120)
# After an abandonment the payer may still try again on the Treasury's page.
ABANDONED_FOR = timedelta(minutes=2)
# The Treasury's instants are whole minutes: what it tells may have happened until the end of its minute.
LAST_SECOND = timedelta(seconds=59)
ASK_EVERY = timedelta(minutes=5)
AFTER_A_FAULT = timedelta(minutes=30)
LONGEST_ASKED = timedelta(days=365)


class Verdict(StrEnum):
    """What is now known of an attempt."""

    PAID = "paid"
    DEBIT_ORDERED = "debit_ordered"
    ANNOUNCED = "announced"  # said to be paid, by a word that anybody could have written
    REFUSED = "refused"
    CANCELED = "canceled"
    WAITING = "waiting"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # a technical fault: nothing was learned
    MISMATCH = "mismatch"  # paid, but not what was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of the Treasury, as we stored it. `opened_at` is aware; amounts are euros."""

    amount: Decimal
    refdet: str
    numcli: str
    opened_at: datetime
    id_op: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came: a `result` (P, V, R, Z, A) with its echoes, or a `fault` code (P1, P5…), or neither: no answer."""

    result: str = ""
    fault: str = ""
    amount: Decimal | None = None
    refdet: str = ""
    numcli: str = ""
    at: datetime | None = None
    id_op: str = ""
    authorization: str = ""

    @property
    def words(self) -> dict[str, str]:
        """What was answered, as the journal and the régie keep it."""
        found = {name: value for name, value in asdict(self).items() if value}
        return {name: value.isoformat() if isinstance(value, datetime) else str(value) for name, value in found.items()}


def settle(asked: Asked, answer: Answer, *, now: datetime) -> Verdict:
    """The verdict, from what was answered at `now` (aware)."""
    match answer.result:
        case "P" | "V":
            paid = Verdict.PAID if answer.result == "P" else Verdict.DEBIT_ORDERED
            return paid if _is_what_was_asked(asked, answer) else Verdict.MISMATCH
        case "R" | "Z":
            return Verdict.REFUSED
        case "A":
            return Verdict.WAITING if now < abandonment_ends(asked, answer) else Verdict.CANCELED
    match answer.fault:
        case "P5":
            return Verdict.WAITING if now - asked.opened_at < UNKNOWN_FOR else Verdict.EXPIRED
        case "P1":
            return Verdict.EXPIRED
    return Verdict.UNKNOWN


def announced(asked: Asked, answer: Answer, *, now: datetime) -> Verdict:
    """The verdict of an unsigned word (the address protocol), at `now` (aware): it never pays, and nobody confirms it.

    An abandonment is final at once: its two minutes are in `bars_until` alone, for nothing else will be said of it.
    """
    verdict = settle(asked, answer, now=now)
    if verdict in (Verdict.PAID, Verdict.DEBIT_ORDERED):
        return Verdict.ANNOUNCED
    return Verdict.CANCELED if answer.result == "A" else verdict


def bars_until(verdict: Verdict, asked: Asked, answer: Answer) -> datetime | None:
    """Until when an attempt bars another one on its invoice; None when it does not, or for good (it is paid)."""
    if verdict is Verdict.WAITING and answer.result == "A":
        return abandonment_ends(asked, answer)
    if verdict in (Verdict.WAITING, Verdict.UNKNOWN):
        return asked.opened_at + UNKNOWN_FOR
    return None


def abandonment_ends(asked: Asked, answer: Answer) -> datetime:
    """Until when who gave up may still pay on the Treasury's page: two minutes after the last second of its minute.

    A date too far ahead, a clock gone wrong, must not bar an invoice for ever.
    """
    given_up = answer.at + LAST_SECOND if answer.at else asked.opened_at
    return min(given_up, asked.opened_at + UNKNOWN_FOR) + ABANDONED_FOR


def next_ask(verdict: Verdict, asked: Asked, *, now: datetime, is_purged: bool) -> datetime | None:
    """When to ask again; None once nothing more can be learned.

    An expired one is asked on until the Treasury has forgotten it (`is_purged`: it answered P1): a payment made at the
    last minute is never lost.
    """
    if verdict in (Verdict.PAID, Verdict.DEBIT_ORDERED, Verdict.REFUSED, Verdict.MISMATCH) or is_purged:
        return None
    if now - asked.opened_at >= LONGEST_ASKED:
        return None
    if verdict is Verdict.UNKNOWN:
        return now + AFTER_A_FAULT
    if verdict is Verdict.WAITING:
        return now + ASK_EVERY
    return now + max(ASK_EVERY, min((now - asked.opened_at) / 4, timedelta(hours=12)))


def paid_at(asked: Asked, answer: Answer, *, now: datetime) -> datetime:
    """When it was paid: the Treasury's minute, kept between the opening and now, whatever its clock says."""
    return min(max(answer.at or now, asked.opened_at), now)


def limit_of_invoice(online_until: datetime, barred_until: datetime | None) -> datetime:
    """The first instant at which an invoice can no longer be paid online.

    A bar that crosses the limit leaves the payer one hour after its end.
    """
    if barred_until is None or barred_until <= online_until:
        return online_until
    return barred_until + timedelta(hours=1)


def _is_what_was_asked(asked: Asked, answer: Answer) -> bool:
    """The echoes, one by one; an `idOp` that is not echoed is the one that was asked about."""
    if answer.id_op and answer.id_op.lower() != asked.id_op.lower():
        return False
    return (answer.amount, answer.refdet, answer.numcli) == (asked.amount, asked.refdet, asked.numcli)
