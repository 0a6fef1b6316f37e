"""Operations, customers and switches of the simulated Treasury; nothing here knows HTTP."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
OPENS_WITHIN = timedelta(minutes=15)
TRIES_AGAIN_WITHIN = timedelta(minutes=2)  # who gave up may still pay on the same page
CUSTOMERS = {
    "006382": ("VILLE DE BUCHELAY", "REGIE PERISCOLAIRE", ""),
    "006383": ("VILLE DE BUCHELAY", "TITRES", ""),
}
ADDRESS_ONLY = frozenset({"006383"})  # without secured access: the web service refuses to create for them
NOTIFY = ("before", "early", "late", "twice", "never")
DOWN = ("", "503", "timeout", "html", "technical")
FAULT_STATUS = ("500", "200")
PAID, DEBIT, CARD_REFUSED, DEBIT_REFUSED, ABANDONED = "P", "V", "R", "Z", "A"


class Fault(Exception):
    """A functional fault, by its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Switches:
    """The bad days.

    `notify`: "before" the redirect, "early" (before the result is known, then no more), "late" (asked for by hand),
    "twice", "never". `nightly`: what nobody opened is forgotten once its day has ended in Paris.
    """

    notify: str = "before"
    down: str = ""
    wrong_amount: bool = False
    fault_status: str = "500"
    nightly: bool = False


@dataclass(frozen=True)
class Operation:
    """One payment asked: the fields as they came, and what became of it."""

    id_op: str
    asked: Mapping[str, str]
    created_at: datetime
    result: str = ""
    paid_at: datetime | None = None
    authorization: str = ""
    used: bool = False


@dataclass
class Treasury:
    """Everything at once, behind one lock; its clock is moved by `offset`."""

    customers: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(CUSTOMERS))
    switches: Switches = Switches()
    operations: dict[str, Operation] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    base: timedelta = timedelta(0)  # from the machine's clock to that of the portal beside
    offset: timedelta = timedelta(0)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _drawn: int = 394_491

    def now(self) -> datetime:
        """The simulated instant."""
        return datetime.fromtimestamp(time.time(), UTC) + self.offset

    def create(self, asked: Mapping[str, str]) -> str:
        """`creerPaiementSecurise`. Raises `Fault`."""
        self._check(asked, modes="TXW")
        if asked["numcli"] in ADDRESS_ONLY:
            raise Fault("T4")
        made = Operation(str(uuid.uuid4()), dict(asked), self.now())
        with self._lock:
            self.operations[made.id_op] = made
        return made.id_op

    def begin(self, asked: Mapping[str, str]) -> str:
        """The address protocol: an operation that only the browser knows. Raises `Fault`."""
        self._check(asked, modes="TXAM")
        made = Operation(str(uuid.uuid4()), dict(asked), self.now())
        with self._lock:
            self.operations[made.id_op] = made
        return made.id_op

    def customer(self, numcli: str) -> tuple[str, ...]:
        """`recupererDetailClient`. Raises `Fault`."""
        if not (numcli.isdigit() and len(numcli) == 6):
            raise Fault("T1")
        if numcli not in self.customers:
            raise Fault("T2")
        return self.customers[numcli]

    def detail(self, id_op: str) -> dict[str, str]:
        """`recupererDetailPaiementSecurise`. Raises `Fault`: P1 unknown or purged, P5 not known yet."""
        operation = self.known(id_op)
        if not operation.result:
            raise Fault("P5")
        at = (operation.paid_at or operation.created_at).astimezone(PARIS)
        amount = operation.asked.get("montant", "")
        return {
            "dattrans": f"{at:%d%m%Y}",
            "exer": operation.asked.get("exer", "")[:2],  # as the real one was seen to echo it
            "heurtrans": f"{at:%H%M}",
            "idOp": operation.id_op,
            "mel": operation.asked.get("mel", ""),
            "montant": str(int(amount) + 100) if self.switches.wrong_amount else amount,
            "numauto": operation.authorization,
            "numcli": operation.asked.get("numcli", ""),
            "objet": operation.asked.get("objet", ""),
            "refdet": operation.asked.get("refdet", ""),
            "resultrans": operation.result,
            "saisie": operation.asked.get("saisie", ""),
        }

    def open_page(self, id_op: str) -> Operation:
        """The payer comes. Raises `Fault`: P1, P3 already used, P4 older than fifteen minutes."""
        operation = self.known(id_op)
        if self._ended(operation):
            raise Fault("P3")
        if not operation.used and self.now() - operation.created_at > OPENS_WITHIN:
            raise Fault("P4")
        return self._put(replace(operation, used=True))

    def finish(self, id_op: str, result: str) -> Operation:
        """The payer pays, is refused, or gives up. Final, but for two minutes after giving up. Raises `Fault`."""
        with self._lock:
            operation = self.known(id_op)
            if self._ended(operation):
                return operation
            self._drawn += 1
            number = f"{self._drawn}" if result in (PAID, DEBIT) else ""
            return self._put(replace(operation, result=result, paid_at=self.now(), authorization=number, used=True))

    def rewrite(self, id_op: str, **changed: str) -> Operation:
        """A payer who edits the address before paying: the address protocol signs nothing. Raises `Fault`."""
        operation = self.known(id_op)
        return self._put(replace(operation, asked={**operation.asked, **changed}))

    def paid(self, id_op: str) -> Operation:
        """An operation that has a ticket. Raises `Fault`: P1 unknown, P5 not paid."""
        operation = self.known(id_op)
        if operation.result not in (PAID, DEBIT):
            raise Fault("P5")
        return operation

    def purge(self) -> int:
        """The night: operations that nobody opened are forgotten. How many."""
        return self._forget(lambda _: True)

    def _forget(self, old: Callable[[Operation], bool]) -> int:
        with self._lock:
            unused = [pk for pk, one in self.operations.items() if not one.used and old(one)]
            for pk in unused:
                del self.operations[pk]
            self.forgotten.update(unused)
        return len(unused)

    def _ended(self, operation: Operation) -> bool:
        """Whether its result is final."""
        if operation.result != ABANDONED:
            return bool(operation.result)
        return self.now() - (operation.paid_at or operation.created_at) >= TRIES_AGAIN_WITHIN

    def _put(self, operation: Operation) -> Operation:
        with self._lock:
            self.operations[operation.id_op] = operation
        return operation

    def known(self, id_op: str) -> Operation:
        """An operation. Raises `Fault`: P1 unknown or purged."""
        with self._lock:
            if self.switches.nightly:
                today = self.now().astimezone(PARIS).date()
                self._forget(lambda one: one.created_at.astimezone(PARIS).date() < today)
            if id_op not in self.operations:
                raise Fault("P1")
            return self.operations[id_op]

    def _check(self, asked: Mapping[str, str], *, modes: str) -> None:
        amount, refdet, mail = (asked.get(name, "") for name in ("montant", "refdet", "mel"))
        if asked.get("saisie", "") not in tuple(modes):
            raise Fault("S1")
        self.customer(asked.get("numcli", ""))
        if not (amount.isascii() and amount.isdigit()):
            raise Fault("M1")
        if len(amount) > 15:  # before it is read: a number of a million digits is work
            raise Fault("M5")
        if int(amount) < 100:
            raise Fault("M3")
        if int(amount) > 9_999_999:
            raise Fault("M5")
        if not mail:
            raise Fault("A1")
        if "@" not in mail or not 6 <= len(mail) <= 80:
            raise Fault("A2")
        if not (refdet.isascii() and refdet.isalnum() and 6 <= len(refdet) <= 30):
            raise Fault("R3")
        for name, code in (("urlnotif", "N1"), ("urlredirect", "D1"), ("urlcl", "D1")):
            if name in asked and not _is_address(asked[name]):
                raise Fault(code)


def _is_address(url: str) -> bool:
    """Whether one can call it: under 250 characters, absolute, without space or accent."""
    if len(url) > 249 or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
