"""Deadline rules as the catalogue stores them: what is written reads back, and nothing else is read."""

import json
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.rules.deadlines import (
    Closing,
    DayKind,
    DaysBefore,
    DeadlineRule,
    FixedDate,
    FixedOpening,
    InvalidRule,
    OnHoliday,
    Opening,
    Rolling,
    SameDay,
    Weekly,
    WithoutSchool,
    from_json,
    to_json,
)

WALL_TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
DATES = st.dates(date(2000, 1, 1), date(2199, 12, 31))
CLOSINGS: st.SearchStrategy[Closing] = st.one_of(
    st.builds(
        Weekly,
        weekday=st.integers(0, 6),
        at=WALL_TIMES,
        weeks_before=st.integers(0, 52),
        on_holiday=st.sampled_from(OnHoliday),
        without_school=st.sampled_from(WithoutSchool),
    ),
    st.builds(
        DaysBefore,
        days=st.integers(1, 366),
        at=WALL_TIMES,
        kind=st.sampled_from(DayKind),
        on_holiday=st.sampled_from(OnHoliday),
    ),
    st.builds(SameDay, at=WALL_TIMES),
    st.builds(FixedDate, day=DATES, at=WALL_TIMES),
)
OPENINGS: st.SearchStrategy[Opening] = st.one_of(
    st.builds(Rolling, weeks=st.integers(1, 104)), st.builds(FixedOpening, day=DATES, at=WALL_TIMES)
)
RULES = st.builds(DeadlineRule, book=CLOSINGS, cancel=CLOSINGS, opening=OPENINGS)

EVE = {"type": "days_before", "days": 1, "at": "17:00"}
THURSDAY_17H = {"type": "weekly", "weekday": 3, "at": "17:00"}


@settings(max_examples=80, deadline=None)
@given(rule=RULES)
def test_what_is_written_reads_back(rule: DeadlineRule) -> None:
    assert from_json(json.loads(json.dumps(to_json(rule)))) == rule


def test_is_written_in_words_that_an_agent_could_read() -> None:
    rule = DeadlineRule(book=Weekly(weekday=3, at=time(17)), cancel=SameDay(at=time(9, 30)))

    assert to_json(rule) == {
        "book": {
            "type": "weekly",
            "weekday": 3,
            "at": "17:00",
            "weeks_before": 1,
            "on_holiday": "working_day_before",
            "without_school": "kept",
        },
        "cancel": {"type": "same_day", "at": "09:30"},
        "opening": {"type": "rolling", "weeks": 13},
    }


def test_what_has_a_default_may_be_left_out() -> None:
    assert from_json({"book": THURSDAY_17H, "cancel": EVE}) == DeadlineRule(
        book=Weekly(weekday=3, at=time(17)), cancel=DaysBefore(days=1, at=time(17)), opening=Rolling(weeks=13)
    )


@pytest.mark.parametrize(
    "book",
    [
        None,
        [],
        "weekly",
        {},
        {"type": "monthly", "at": "17:00"},
        {"type": ["weekly"], "weekday": 3, "at": "17:00"},
        {"type": "rolling", "weeks": 13},
        {"type": "weekly", "weekday": 3},
        {"type": "weekly", "weekday": 7, "at": "17:00"},
        {"type": "weekly", "weekday": -1, "at": "17:00"},
        {"type": "weekly", "weekday": "3", "at": "17:00"},
        {"type": "weekly", "weekday": True, "at": "17:00"},
        {"type": "weekly", "weekday": 3.0, "at": "17:00"},
        THURSDAY_17H | {"weeks_before": 53},
        THURSDAY_17H | {"on_holiday": "never"},
        THURSDAY_17H | {"without_school": None},
        THURSDAY_17H | {"jour": 3},
        EVE | {"days": 0},
        EVE | {"days": 367},
        EVE | {"kind": "open"},
        EVE | {"at": "24:00"},
        EVE | {"at": "17:60"},
        EVE | {"at": "7:00"},
        EVE | {"at": "17:00:00"},
        EVE | {"at": "17:00+02:00"},
        EVE | {"at": 17},
        {"type": "fixed_date", "day": "2015-02-29", "at": "12:00"},
        {"type": "fixed_date", "day": "15/06/2015", "at": "12:00"},
        {"type": "fixed_date", "day": "20150615", "at": "12:00"},
        {"type": "fixed_date", "day": "0001-01-01", "at": "00:00"},
        {"type": "fixed_date", "day": "9999-12-31", "at": "23:59"},
    ],
)
def test_refuses_a_deadline_that_makes_no_rule(book: object) -> None:
    with pytest.raises(InvalidRule):
        from_json({"book": book, "cancel": EVE})


@pytest.mark.parametrize(
    "opening",
    [
        None,
        EVE,
        {"type": "rolling", "weeks": 0},
        {"type": "rolling", "weeks": 105},
        {"type": "fixed_opening"},
        {"type": "fixed_opening", "day": "2200-01-01"},
    ],
)
def test_refuses_an_opening_that_makes_no_rule(opening: object) -> None:
    with pytest.raises(InvalidRule):
        from_json({"book": EVE, "cancel": EVE, "opening": opening})


@pytest.mark.parametrize("written", [None, [], "", 3, {}, {"book": EVE}, {"book": EVE, "cancel": EVE, "note": ""}])
def test_refuses_what_is_not_a_rule_at_all(written: object) -> None:
    with pytest.raises(InvalidRule):
        from_json(written)


def test_a_rule_is_to_the_minute_and_without_zone() -> None:
    for at in (time(17, 0, 1), time(17, 0, 0, 1), time(17, fold=1)):
        with pytest.raises(InvalidRule):
            SameDay(at=at)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 400) | st.sampled_from(["17:00", "weekly", "2015-06-15", "kept", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "at", "day", "days", "weekday", "weeks", "kind"]), inner, max_size=4)
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(book=VALUES, replaced=st.dictionaries(st.sampled_from(sorted(THURSDAY_17H)), VALUES, max_size=2))
def test_bad_input_is_never_anything_but_an_invalid_rule(book: Any, replaced: dict[str, Any]) -> None:
    for written in (book, THURSDAY_17H | replaced):
        try:
            rule = from_json({"book": written, "cancel": EVE})
        except InvalidRule:
            continue
        assert from_json(to_json(rule)) == rule
