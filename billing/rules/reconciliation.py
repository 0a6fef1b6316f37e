"""PayFiP's own file read, and compared with what we recorded: pure. Amounts are euros, days are the file's.

No public text gives the file's layout: `LAYOUT` is the one place that says where each fact stands.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from lps.kernel.refusals import Refusal

MAX_BYTES = 2 * 1024 * 1024
MAX_LINES = 5000
# A debit reaches the Treasury's account about three working days later: the same payment is never dated further apart.
DAYS_APART = timedelta(days=10)
_FIRST_DAY = date(2000, 1, 1)
_MOST = Decimal(100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where each fact stands, counted from 0, the name of the row being 0."""

    separator: str = ";"
    head: str = "EN-TETE"
    row: str = "LIGNE"
    foot: str = "PIED-DE-PAGE"
    head_numcli: int = 1
    row_day: int = 1
    row_refdet: int = 2
    row_amount: int = 3
    foot_count: int = 1
    foot_total: int = 2


LAYOUT = Layout()


class FileRefused(ValueError):
    """The file is not taken: `.refusal` says why.

    Codes: empty, too_heavy, encoding, not_payfip, client, line (`line`), too_long, nothing, count and total
    (`said`, `found`).
    """

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, **facts)


class Outcome(StrEnum):
    """What a line of the file, or a payment of ours, is found to be."""

    CONFIRMED = "confirmed"  # paid there; here it was tried by address, which only the file can prove
    MISSING = "missing"  # paid there, not here
    DOUBLE = "double"  # paid there once more than here
    AMOUNT = "amount"
    REVERSED = "reversed"  # paid there, taken back here
    UNKNOWN = "unknown"  # no invoice of that reference
    CLIENT = "client"  # another client number than the invoice's
    EXTRA = "extra"  # paid here, not there
    AGREED = "agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A payment that the file tells; `rank` is its place among the file's payments, from 1."""

    rank: int
    day: date
    refdet: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A whole file: its client number and its payments, at least one."""

    numcli: str
    lines: Sequence[Line]

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day it tells of."""
        days = [line.day for line in self.lines]
        return min(days), max(days)

    @property
    def total(self) -> Decimal:
        """The sum of its payments."""
        return sum((line.amount for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A payment of ours that the Treasury took."""

    key: int
    refdet: str
    numcli: str
    day: date
    amount: Decimal
    is_reversed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """An attempt by address under the file's client number, announced or not, not paid here; the day of its opening."""

    key: int
    amount: Decimal
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """An invoice: the client numbers it may be paid under, and the amounts that were tried and not paid."""

    numclis: frozenset[str]
    tried: frozenset[Decimal] = frozenset()
    announced: Sequence[Announced] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A line, a payment of ours, or both when they are the same one: what is found of them.

    `attempt` is the key of what a line confirms.
    """

    outcome: Outcome
    line: Line | None = None
    recorded: Recorded | None = None
    attempt: int | None = None


def read(content: bytes, *, today: date, layout: Layout = LAYOUT) -> Told:
    """What a file tells, once its footer agrees with its lines. Raises `FileRefused`."""
    rows = _rows(content, layout)
    if len(rows) < 2 or rows[0][0] != layout.head or rows[-1][0] != layout.foot:
        raise FileRefused("not_payfip")
    if len(rows) - 2 > MAX_LINES:
        raise FileRefused("too_long", most=MAX_LINES)
    numcli = _at(rows[0], layout.head_numcli)
    if not (len(numcli) == 6 and numcli.isascii() and numcli.isdigit()):
        raise FileRefused("client")
    latest = today + timedelta(days=1)  # Paris may be a day ahead of an overseas commune
    lines = [_line(row, rank, latest=latest, layout=layout) for rank, row in enumerate(rows[1:-1], 1)]
    if not lines:
        raise FileRefused("nothing")
    told = Told(numcli=numcli, lines=lines)
    _agreeing(told, rows[-1], layout)
    return told


def compare(told: Told, *, recorded: Iterable[Recorded], debts: Mapping[str, Debt]) -> list[Finding]:
    """Every line in exactly one finding, then every payment of ours of its days and client that it does not tell.

    The same payment has the same reference and amount, at most `DAYS_APART` away; the nearest day is taken first.
    """
    ours: dict[str, list[Recorded]] = defaultdict(list)
    for one in sorted(recorded, key=lambda one: (one.day, one.key)):
        if one.numcli == told.numcli:
            ours[one.refdet].append(one)
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in told.lines:
        lines[line.refdet].append(line)
    found = [
        finding
        for refdet, of_debt in lines.items()
        for finding in _of_debt(of_debt, ours[refdet], debts.get(refdet), numcli=told.numcli)
    ]
    taken = {finding.recorded.key for finding in found if finding.recorded}
    first, last = told.days
    extra = [
        Finding(outcome=Outcome.EXTRA, recorded=one)
        for of_debt in ours.values()
        for one in of_debt
        if one.key not in taken and first <= one.day <= last and not one.is_reversed
    ]
    return sorted(found, key=_rank) + extra


def _of_debt(lines: list[Line], ours: list[Recorded], debt: Debt | None, *, numcli: str) -> list[Finding]:
    if debt is None:
        return [Finding(outcome=Outcome.UNKNOWN, line=line) for line in lines]
    if numcli not in debt.numclis:
        return [Finding(outcome=Outcome.CLIENT, line=line) for line in lines]
    exact, rest, free = _paired(lines, ours, lambda line, one: line.amount == one.amount)
    near, rest, free = _paired(rest, free, lambda line, one: True)
    return [
        *(_same(line, one) for line, one in exact),
        *(Finding(outcome=Outcome.AMOUNT, line=line, recorded=one) for line, one in near),
        *_alone(rest, debt, is_paid=bool(exact or near or free)),
    ]


def _same(line: Line, one: Recorded) -> Finding:
    return Finding(outcome=Outcome.REVERSED if one.is_reversed else Outcome.AGREED, line=line, recorded=one)


def _alone(lines: list[Line], debt: Debt, *, is_paid: bool) -> Iterable[Finding]:
    """The lines that are no payment of ours; the invoice `is_paid` when another payment of it is known."""
    for line in lines:
        told = next((one for one in debt.announced if _confirms(line, one)), None)
        if is_paid:
            outcome = Outcome.DOUBLE
        elif told:
            outcome = Outcome.CONFIRMED
        elif debt.tried and line.amount not in debt.tried:
            outcome = Outcome.AMOUNT
        else:
            outcome = Outcome.MISSING
        is_paid = True
        yield Finding(outcome=outcome, line=line, attempt=told.key if told and outcome is Outcome.CONFIRMED else None)


def _confirms(line: Line, one: Announced) -> bool:
    """Whether a line is the payment of an attempt; the day of Paris may be the one before an overseas commune's."""
    return line.amount == one.amount and -timedelta(days=1) <= line.day - one.day <= DAYS_APART


def _paired(
    lines: list[Line], ours: list[Recorded], is_same: Callable[[Line, Recorded], bool]
) -> tuple[list[tuple[Line, Recorded]], list[Line], list[Recorded]]:
    """Each line with one payment, the nearest pairs first; then the lines and the payments that stay alone."""
    near = sorted(
        (
            (one.is_reversed, abs(line.day - one.day), line.rank, one.key, line, one)
            for line in lines
            for one in ours
            if abs(line.day - one.day) <= DAYS_APART and is_same(line, one)
        ),
        key=lambda pair: pair[:4],
    )
    pairs: list[tuple[Line, Recorded]] = []
    used_lines: set[int] = set()
    used: set[int] = set()
    for *_order, line, one in near:
        if line.rank not in used_lines and one.key not in used:
            pairs.append((line, one))
            used_lines.add(line.rank)
            used.add(one.key)
    return (
        pairs,
        [line for line in lines if line.rank not in used_lines],
        [one for one in ours if one.key not in used],
    )


def _rank(finding: Finding) -> int:
    return finding.line.rank if finding.line else 0


def _rows(content: bytes, layout: Layout) -> list[list[str]]:
    if not content.strip():
        raise FileRefused("empty")
    if len(content) > MAX_BYTES:
        raise FileRefused("too_heavy")
    if b"\0" in content:
        raise FileRefused("encoding")
    rows = [row.strip() for row in _text(content).splitlines()]
    return [[cell.strip() for cell in row.split(layout.separator)] for row in rows if row]


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused("encoding")


def _at(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _line(row: Sequence[str], rank: int, *, latest: date, layout: Layout) -> Line:
    day, amount = _day(_at(row, layout.row_day)), _amount(_at(row, layout.row_amount))
    refdet = _at(row, layout.row_refdet)
    is_debt = 6 <= len(refdet) <= 30 and refdet.isascii() and refdet.isalnum()
    if row[0] != layout.row or day is None or amount is None or not is_debt or not _FIRST_DAY <= day <= latest:
        raise FileRefused("line", line=rank)
    if not 0 < amount < _MOST:
        raise FileRefused("line", line=rank)
    return Line(rank=rank, day=day, refdet=refdet, amount=amount)


def _day(written: str) -> date | None:
    """`03022026` as PayFiP writes its days, or `03/02/2026`."""
    figures = written.replace("/", "") if written[2:3] == written[5:6] == "/" else written
    if len(figures) != 8 or not (figures.isascii() and figures.isdigit()):
        return None
    try:
        return date(int(figures[4:]), int(figures[2:4]), int(figures[:2]))
    except ValueError:
        return None


def _amount(written: str) -> Decimal | None:
    """Cents without separator, as PayFiP writes its amounts, or euros with two places after a comma or a dot."""
    whole, mark, cents = written.replace(",", ".").partition(".")
    figures = whole + cents
    if not (figures.isascii() and figures.isdigit()) or len(figures) > 12 or (mark and len(cents) != 2):
        return None
    return Decimal(figures) / 100


def _agreeing(told: Told, foot: Sequence[str], layout: Layout) -> None:
    count, total = _at(foot, layout.foot_count), _amount(_at(foot, layout.foot_total))
    if not (count.isascii() and count.isdigit()) or len(count) > 9 or int(count) != len(told.lines):
        raise FileRefused("count", said=count, found=len(told.lines))
    if total is None or total != told.total:
        raise FileRefused("total", said=_at(foot, layout.foot_total), found=told.total)
