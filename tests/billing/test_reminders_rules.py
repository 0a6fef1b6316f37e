"""When an unpaid invoice is reminded: steps follow one another, and never sooner than the town said."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as some

from billing.rules.reminders import Level, Reminded, filled, next_level, unknown_names

DUE = date(2026, 1, 31)
LEVELS = [Level(rank=1, days_after=8), Level(rank=2, days_after=23), Level(rank=3, days_after=45)]


def rank(days: int, last: Reminded | None = None) -> int | None:
    return next_level(LEVELS, due_date=DUE, last=last, today=DUE + timedelta(days=days))


def test_the_first_step_comes_on_its_day() -> None:
    assert (rank(7), rank(8), rank(400)) == (None, 1, 1)


def test_a_step_that_came_late_puts_the_next_one_off() -> None:
    late = Reminded(rank=1, day=DUE + timedelta(days=30))

    assert (rank(44, late), rank(45, late)) == (None, 2)


def test_nothing_comes_after_the_last_step() -> None:
    assert rank(900, Reminded(rank=3, day=DUE + timedelta(days=45))) is None


def test_a_town_without_levels_reminds_nobody() -> None:
    assert next_level([], due_date=DUE, last=None, today=DUE + timedelta(days=900)) is None


@given(some.lists(some.integers(1, 100), min_size=1, max_size=5), some.integers(0, 50))
def test_an_invoice_goes_through_every_step_once_in_order(days_after: list[int], first_look: int) -> None:
    levels = [Level(rank=number, days_after=days) for number, days in enumerate(days_after, 1)]
    last, sent = None, []
    for days in range(first_look, first_look + 700):
        today = DUE + timedelta(days=days)
        step = next_level(levels, due_date=DUE, last=last, today=today)
        if step is not None:
            assert last is None or today > last.day
            last = Reminded(rank=step, day=today)
            sent.append(step)

    assert sent == [level.rank for level in levels]


def test_words_take_the_facts_of_their_names_and_nothing_else() -> None:
    facts = {"famille": "MARSONE", "montant": "5,00 €"}

    assert filled("{famille} doit {montant} {autre} {0.real}", facts) == "MARSONE doit 5,00 € {autre} {0.real}"
    assert unknown_names("{famille} {autre} {0.real}") == ["autre", "0.real"]
