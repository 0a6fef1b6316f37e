"""What the Treasury's word, or its silence, makes of an attempt."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.rules.settlement import (
    Answer,
    Asked,
    Verdict,
    announced,
    bars_until,
    limit_of_invoice,
    next_ask,
    settle,
)

OPENED = datetime(2026, 11, 10, 22, 30, tzinfo=UTC)
ASKED = Asked(amount=Decimal("50.70"), refdet="2026001000056", numcli="006382", opened_at=OPENED)
ECHO = {"amount": ASKED.amount, "refdet": ASKED.refdet, "numcli": ASKED.numcli}
INSTANTS = some.integers(0, 10_000).map(lambda minutes: OPENED + timedelta(minutes=minutes))


def after(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("answer", "minutes", "verdict"),
    [
        (Answer(result="P", **ECHO), 3, "paid"),
        (Answer(result="P", **ECHO), 500_000, "paid"),
        (Answer(result="V", **ECHO), 3, "debit_ordered"),
        (Answer(result="P", **{**ECHO, "amount": Decimal("50.71")}), 3, "mismatch"),
        (Answer(result="P", **{**ECHO, "refdet": "2026001000057"}), 3, "mismatch"),
        (Answer(result="V", **{**ECHO, "numcli": "006383"}), 3, "mismatch"),
        (Answer(result="P"), 3, "mismatch"),
        (Answer(result="R"), 3, "refused"),
        (Answer(result="Z"), 3, "refused"),
        (Answer(result="A", at=after(3)), 4, "waiting"),
        (Answer(result="A", at=after(3)), 5, "waiting"),
        (Answer(result="A", at=after(3)), 6, "canceled"),
        (Answer(fault="P5"), 119, "waiting"),
        (Answer(fault="P5"), 120, "expired"),
        (Answer(fault="P1"), 1, "expired"),
        (Answer(fault="T2"), 1, "unknown"),
        (Answer(), 1, "unknown"),
        (Answer(), 100_000, "unknown"),
    ],
)
def test_the_table(answer: Answer, minutes: float, verdict: str) -> None:
    assert settle(ASKED, answer, now=after(minutes)) == verdict


@given(INSTANTS, some.builds(Answer, result=some.sampled_from(["", "R", "Z", "A", "X"]), fault=some.text(max_size=3)))
def test_nothing_but_p_and_v_ever_pays(now: datetime, answer: Answer) -> None:
    assert settle(ASKED, answer, now=now) not in (Verdict.PAID, Verdict.DEBIT_ORDERED, Verdict.MISMATCH)


@given(INSTANTS, some.builds(Answer, result=some.sampled_from("PVRZA"), amount=some.sampled_from([None, ASKED.amount])))
def test_an_unsigned_word_never_pays(now: datetime, answer: Answer) -> None:
    assert announced(ASKED, answer, now=now) in (Verdict.MISMATCH, Verdict.REFUSED, Verdict.CANCELED)
    told = Answer(result="P", **ECHO)
    assert announced(ASKED, told, now=now) is Verdict.ANNOUNCED


@given(INSTANTS)
def test_a_technical_fault_never_ends_an_attempt(now: datetime) -> None:
    verdict = settle(ASKED, Answer(), now=now)

    assert verdict is Verdict.UNKNOWN
    assert next_ask(verdict, ASKED, now=now, is_purged=False)


def test_a_refusal_bars_nothing_an_unknown_result_two_hours_an_abandonment_two_minutes() -> None:
    given_up = Answer(result="A", at=after(3))

    assert bars_until(Verdict.REFUSED, ASKED, Answer(result="R")) is None
    assert bars_until(Verdict.WAITING, ASKED, Answer(fault="P5")) == after(120)
    assert bars_until(Verdict.WAITING, ASKED, given_up) == after(5) + timedelta(seconds=59)
    assert bars_until(Verdict.CANCELED, ASKED, given_up) is None


@given(some.integers(0, 119 * 60), some.integers(0, 240))
def test_nobody_pays_twice_in_the_two_minutes_after_giving_up(second: int, later: int) -> None:
    """The Treasury tells the minute alone: whatever its second was, its page may take a payment for two minutes."""
    gave_up = OPENED + timedelta(seconds=second)
    told = Answer(result="A", at=gave_up.replace(second=0))
    now = gave_up + timedelta(seconds=later)

    verdict = settle(ASKED, told, now=now)

    if later < 120:
        assert verdict is Verdict.WAITING
    if verdict is Verdict.WAITING:
        until = bars_until(verdict, ASKED, told)
        assert until and gave_up + timedelta(minutes=2) <= until < gave_up + timedelta(minutes=3)


@given(INSTANTS)
def test_an_expired_attempt_is_asked_on_until_the_treasury_forgot_it(now: datetime) -> None:
    again = next_ask(Verdict.EXPIRED, ASKED, now=now, is_purged=False)

    assert again and timedelta(0) < again - now <= timedelta(hours=12)
    assert next_ask(Verdict.EXPIRED, ASKED, now=now, is_purged=True) is None
    assert next_ask(Verdict.PAID, ASKED, now=now, is_purged=False) is None


def test_a_bar_that_crosses_the_limit_leaves_an_hour() -> None:
    limit = datetime(2026, 11, 10, 23, 0, tzinfo=UTC)  # midnight in Paris

    assert limit_of_invoice(limit, None) == limit
    assert limit_of_invoice(limit, limit) == limit
    assert limit_of_invoice(limit, after(120)) == after(180)


@given(INSTANTS, some.datetimes(timezones=some.just(UTC)))
def test_an_abandonment_dated_anyhow_never_bars_longer_than_silence(now: datetime, at: datetime) -> None:
    given_up = Answer(result="A", at=at)
    verdict = settle(ASKED, given_up, now=now)

    until = bars_until(verdict, ASKED, given_up)
    assert (until is not None) == (verdict is Verdict.WAITING)
    assert until is None or now < until <= after(122)
