"""The Treasury's file: read whole or refused with the reason, and every line found to be exactly one thing."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.reconciliation_words import refusal
from billing.rules.reconciliation import (
    DAYS_APART,
    MAX_BYTES,
    Debt,
    FileRefused,
    Finding,
    Line,
    Outcome,
    Recorded,
    Told,
    compare,
    read,
)

DAY = date(2026, 3, 10)
HEAD, LINE = "EN-TETE;006382;PAYFIP", "LIGNE;10032026;2026001000056;5070"


def text(*lines: str, foot: str = "PIED-DE-PAGE;1;5070", head: str = HEAD) -> bytes:
    return "\r\n".join([head, *(lines or (LINE,)), foot, ""]).encode()


def line(amount: str = "50.70", *, rank: int = 1, day: date = DAY, refdet: str = "2026001000056") -> Line:
    return Line(rank=rank, day=day, refdet=refdet, amount=Decimal(amount))


def recorded(
    amount: str = "50.70", *, key: int = 1, day: date = DAY, numcli: str = "006382", **values: bool
) -> Recorded:
    return Recorded(key=key, refdet="2026001000056", numcli=numcli, day=day, amount=Decimal(amount), **values)


def outcomes(
    lines: list[Line], ours: list[Recorded], *, numclis: tuple[str, ...] = ("006382",), **debt: object
) -> list[Outcome]:
    debts = {"2026001000056": Debt(numclis=frozenset(numclis), **debt)}  # type: ignore[arg-type]
    return [one.outcome for one in compare(Told(numcli="006382", lines=lines), recorded=ours, debts=debts)]


def test_reads_a_file_with_its_client_number_days_and_total() -> None:
    told = read(text(LINE, "LIGNE;11/03/2026;2026001000057;12,05", foot="PIED-DE-PAGE;2;62,75"), today=DAY)

    assert told.numcli == "006382" and told.days == (DAY, date(2026, 3, 11)) and told.total == Decimal("62.75")
    assert told.lines[0] == line()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b" \r\n", "empty"),
        (b"x" * (MAX_BYTES + 1), "too_heavy"),
        (b"EN-TETE\0", "encoding"),
        (b"\x81\x8d\x8f", "encoding"),
        (b"Nom;Prenom\r\nA;B", "not_payfip"),
        (text(foot=LINE), "not_payfip"),
        (text(head="EN-TETE;client"), "client"),
        (f"{HEAD}\nPIED-DE-PAGE;0;0".encode(), "nothing"),
        (text("LIGNE;31022026;2026001000056;5070"), "line"),
        (text("LIGNE;10039999;2026001000056;5070"), "line"),
        (text("LIGNE;10032026;A-1;5070"), "line"),
        (text("LIGNE;10032026;2026001000056;50,7"), "line"),
        (text("LIGNE;10032026;2026001000056;-5070"), "line"),
        (text("LIGNE;10032026;2026001000056;0"), "line"),
        (text("LIGNE"), "line"),
        (text("AUTRE;10032026;2026001000056;5070"), "line"),
        (text(foot="PIED-DE-PAGE;2;5070"), "count"),
        (text(foot="PIED-DE-PAGE"), "count"),
        (text(foot="PIED-DE-PAGE;1;5071"), "total"),
        (text(*[LINE] * 5001, foot="PIED-DE-PAGE;5001;0"), "too_long"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_with_a_sentence(content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as caught:
        read(content, today=DAY)

    assert caught.value.refusal.code == code and "%(" not in refusal(caught.value.refusal)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        assert read(content, today=DAY).lines
    except FileRefused as refused:
        assert refusal(refused.refusal)


def test_each_difference_has_its_name() -> None:
    far = DAY + DAYS_APART + timedelta(days=1)

    assert outcomes([line()], [recorded()]) == [Outcome.AGREED]
    assert outcomes([line()], []) == [Outcome.MISSING]
    assert outcomes([line(), line(rank=2)], []) == [Outcome.MISSING, Outcome.DOUBLE]
    assert outcomes([line(), line(rank=2)], [recorded()]) == [Outcome.AGREED, Outcome.DOUBLE]
    assert outcomes([line(day=far)], [recorded()]) == [Outcome.DOUBLE]
    assert outcomes([line("60")], [recorded()]) == [Outcome.AMOUNT]
    assert outcomes([line("60")], [], tried=frozenset({Decimal("50.70")})) == [Outcome.AMOUNT]
    assert outcomes([line()], [recorded(is_reversed=True)]) == [Outcome.REVERSED]
    assert outcomes([line(refdet="AUTRE123")], []) == [Outcome.UNKNOWN]
    assert outcomes([line()], [recorded(numcli="000001")], numclis=("000001",)) == [Outcome.CLIENT]
    assert outcomes([line("1", refdet="AUTRE123")], [recorded()]) == [Outcome.UNKNOWN, Outcome.EXTRA]
    assert outcomes([line("1", refdet="AUTRE123")], [recorded(day=far)]) == [Outcome.UNKNOWN]


def test_the_nearest_payment_is_the_same_one_and_a_reversed_one_comes_last() -> None:
    day = DAY - timedelta(days=3)
    (found,) = compare(
        Told(numcli="006382", lines=[line()]),
        recorded=[recorded(key=1, day=day), recorded(key=2), recorded(key=3, is_reversed=True)],
        debts={"2026001000056": Debt(numclis=frozenset({"006382"}))},
    )

    assert found == Finding(outcome=Outcome.AGREED, line=line(), recorded=recorded(key=2))


REFDETS = st.sampled_from(["2026001000001", "2026001000002", "ETRANGER"])
DAYS = st.dates(DAY - timedelta(days=15), DAY + timedelta(days=15))
AMOUNTS = st.sampled_from([Decimal("10.00"), Decimal("20.00")])
CLIENTS = st.sampled_from(["006382", "000001"])
LINES = st.lists(st.tuples(DAYS, REFDETS, AMOUNTS), min_size=1, max_size=12)
OURS = st.lists(st.tuples(REFDETS, CLIENTS, DAYS, AMOUNTS, st.booleans()), max_size=12)
DEBTS = st.fixed_dictionaries(
    {},
    optional={
        refdet: st.builds(Debt, numclis=st.frozensets(CLIENTS, min_size=1), tried=st.frozensets(AMOUNTS))
        for refdet in ("2026001000001", "2026001000002")
    },
)


@given(LINES, OURS, DEBTS)
def test_every_line_is_exactly_one_thing_and_no_payment_is_counted_twice(
    lines: list[tuple[date, str, Decimal]], ours: list[tuple[str, str, date, Decimal, bool]], debts: dict[str, Debt]
) -> None:
    told = Told(
        numcli="006382",
        lines=[
            Line(rank=rank, day=day, refdet=refdet, amount=cash) for rank, (day, refdet, cash) in enumerate(lines, 1)
        ],
    )
    kept = [
        Recorded(key=key, refdet=refdet, numcli=numcli, day=day, amount=cash, is_reversed=back)
        for key, (refdet, numcli, day, cash, back) in enumerate(ours)
    ]

    found = compare(told, recorded=kept, debts=debts)

    assert sorted(one.line.rank for one in found if one.line) == [one.rank for one in told.lines]
    keys = Counter(one.recorded.key for one in found if one.recorded)
    assert all(times == 1 for times in keys.values())
    first, last = told.days
    for one in kept:
        if one.numcli == told.numcli and first <= one.day <= last and not one.is_reversed:
            assert keys[one.key] == 1
    for finding in found:
        if finding.outcome is Outcome.AGREED:
            assert finding.line and finding.recorded and not finding.recorded.is_reversed
            assert (finding.line.refdet, finding.line.amount) == (finding.recorded.refdet, finding.recorded.amount)
