"""What one asks of PayFiP and what it answers, as facts; how it fails, as errors without personal data."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from unidecode import unidecode

MINIMUM, MAXIMUM = Decimal("1.00"), Decimal("99999.99")
_REFDET = re.compile(r"[A-Za-z0-9]{6,30}")
_NUMCLI = re.compile(r"[0-9]{6}")
_EXERCISE = re.compile(r"[0-9]{4}")
# Nothing that XML cannot carry.
_MAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")
_URL_MOST = 249
_SUBJECT_MOST = 99


class PayFipError(Exception):
    """Something went wrong with the Treasury's service."""


class BadRequest(PayFipError):
    """What we were about to ask is wrong: nothing was sent. `code` names the field."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Refused(PayFipError):
    """The service answers by one of its codes (P1, P5, R3, T2…): a functional fault."""

    def __init__(self, code: str, label: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.label = label


class Unavailable(PayFipError):
    """No answer that can be understood: time-out, technical fault, another page. `reason` is for the log. Ask again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Result(StrEnum):
    """`resultrans`: what became of an operation."""

    CARD_PAID = "P"
    DEBIT_ORDERED = "V"
    CARD_REFUSED = "R"
    DEBIT_REFUSED = "Z"
    ABANDONED = "A"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """One debt to pay: what `creerPaiementSecurise` and the address protocol take. Amounts are euros.

    `notify_url` is called by the Treasury's server, `return_url` by the browser.
    """

    numcli: str
    exercise: str
    refdet: str
    amount: Decimal
    email: str
    mode: str
    subject: str = ""
    return_url: str = ""
    notify_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What the Treasury says of an operation. `at` is aware; the exercise is left out: its echo is wrong."""

    result: Result
    id_op: str = ""
    numcli: str = ""
    refdet: str = ""
    amount: Decimal | None = None
    authorization: str = ""
    at: datetime | None = None
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """How the Treasury names a client number."""

    numcli: str
    labels: tuple[str, ...]


def cents(amount: Decimal) -> str:
    """Euros as the wire wants them, in whole cents. Raises `BadRequest`: `amount`."""
    if not amount.is_finite() or not MINIMUM <= amount <= MAXIMUM or amount * 100 % 1:
        raise BadRequest("amount")
    return str(int(amount * 100))


def euros(cents_written: str) -> Decimal:
    """Cents of the wire as euros. Raises ValueError."""
    if not (cents_written.isascii() and cents_written.isdigit()) or len(cents_written) > 10:
        raise ValueError(cents_written)
    return (Decimal(cents_written) / 100).quantize(MINIMUM)


def subject(text: str) -> str:
    """What PayFiP takes as a subject: ASCII letters, digits and spaces, 99 at most."""
    plain = re.sub(r"[^A-Za-z0-9]+", " ", unidecode(text)).strip()
    return plain[:_SUBJECT_MOST].strip()


def checked(request: PaymentRequest, *, modes: str) -> PaymentRequest:
    """The request, if all that can be known before sending is right. Raises `BadRequest`, by field."""
    cents(request.amount)
    rules = {
        "numcli": _NUMCLI.fullmatch(request.numcli),
        "exercise": _EXERCISE.fullmatch(request.exercise),
        "refdet": _REFDET.fullmatch(request.refdet),
        "email": 6 <= len(request.email) <= 80 and _MAIL.fullmatch(request.email),
        "mode": len(request.mode) == 1 and request.mode in modes,
        "url": len(request.return_url) <= _URL_MOST and len(request.notify_url) <= _URL_MOST,
    }
    if wrong := [name for name, good in rules.items() if not good]:
        raise BadRequest(wrong[0])
    return request
