"""Who may book an activity: by school, class level and age, searched for a counter-example."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.rules.entitlements import Access, Pupil, age_on, is_entitled

SITES, LEVELS = (1, 2), ("CP", "CE1", "CE2")
DAYS = st.dates(date(2010, 1, 1), date(2030, 12, 31))
PUPILS = st.builds(
    Pupil,
    site_id=st.sampled_from((None, *SITES)),
    level=st.sampled_from(("", *LEVELS)),
    birth_date=st.none() | st.dates(date(2000, 1, 1), date(2009, 12, 31)),
)
AGES = st.none() | st.integers(0, 25)
WAYS = st.builds(
    Access, site_id=st.sampled_from((None, *SITES)), level=st.sampled_from(("", *LEVELS)), youngest=AGES, oldest=AGES
)
PLACED = st.builds(
    Pupil,
    site_id=st.sampled_from(SITES),
    level=st.sampled_from(LEVELS),
    birth_date=st.dates(date(2000, 1, 1), date(2009, 12, 31)),
)
CRITERIA = ("site_id", "level", "youngest", "oldest")
searched = settings(max_examples=80, deadline=None)


def made_for(pupil: Pupil, day: date) -> Access:
    """A way whose every criterion the pupil just meets."""
    assert pupil.birth_date
    age = age_on(day, birth_date=pupil.birth_date)
    return Access(site_id=pupil.site_id, level=pupil.level, youngest=age, oldest=age)


def broken(way: Access, criterion: str) -> Access:
    """The same way, which asks one thing that the pupil it was made for is not."""
    assert way.youngest is not None and way.oldest is not None
    other = {"site_id": 99, "level": "CM2", "youngest": way.youngest + 1, "oldest": way.oldest - 1}
    return replace(way, **{criterion: other[criterion]})


@searched
@given(pupil=PUPILS, day=DAYS)
def test_without_any_way_an_activity_is_open_to_all(pupil: Pupil, day: date) -> None:
    assert is_entitled((), pupil=pupil, day=day)


@searched
@given(pupil=PLACED, day=DAYS, asked=st.sets(st.sampled_from(CRITERIA)))
def test_a_pupil_who_meets_every_criterion_given_is_entitled(pupil: Pupil, day: date, asked: set[str]) -> None:
    whole = made_for(pupil, day)
    way = Access(**{name: getattr(whole, name) for name in asked})

    assert is_entitled([way], pupil=pupil, day=day)


@searched
@given(pupil=PLACED, day=DAYS, unmet=st.lists(st.sampled_from(CRITERIA), min_size=1, max_size=4))
def test_no_number_of_ways_with_one_criterion_unmet_entitles(pupil: Pupil, day: date, unmet: list[str]) -> None:
    ways = [broken(made_for(pupil, day), criterion) for criterion in unmet]

    assert not is_entitled(ways, pupil=pupil, day=day)


@searched
@given(pupil=PUPILS, day=DAYS, ways=st.lists(WAYS, min_size=1, max_size=4), more=st.lists(WAYS, max_size=3))
def test_any_one_way_is_enough_and_others_take_nothing_away(
    pupil: Pupil, day: date, ways: list[Access], more: list[Access]
) -> None:
    alone = [is_entitled([way], pupil=pupil, day=day) for way in ways]

    assert is_entitled(ways, pupil=pupil, day=day) == any(alone)
    assert is_entitled([*ways, *more], pupil=pupil, day=day) >= any(alone)


@searched
@given(birth_date=st.dates(date(2000, 1, 1), date(2015, 12, 31)), years=st.integers(1, 20))
def test_one_is_a_year_older_on_ones_birthday_and_not_the_day_before(birth_date: date, years: int) -> None:
    try:
        birthday = birth_date.replace(year=birth_date.year + years)
    except ValueError:
        birthday = date(birth_date.year + years, 3, 1)

    assert age_on(birthday, birth_date=birth_date) == years
    assert age_on(birthday - timedelta(days=1), birth_date=birth_date) == years - 1


@pytest.mark.parametrize(
    ("day", "age"),
    [
        (date(2009, 2, 28), 0),
        (date(2009, 3, 1), 1),
        (date(2012, 2, 28), 3),
        (date(2012, 2, 29), 4),
        (date(2014, 2, 28), 5),
        (date(2014, 3, 1), 6),
    ],
)
def test_born_on_29_february_one_is_older_on_1_march_of_the_other_years(day: date, age: int) -> None:
    assert age_on(day, birth_date=date(2008, 2, 29)) == age
    pupil = Pupil(site_id=1, level="CP", birth_date=date(2008, 2, 29))
    assert is_entitled([Access(youngest=6)], pupil=pupil, day=day) == (age >= 6)


@pytest.mark.parametrize("way", [Access(site_id=1), Access(level="CP"), Access(site_id=1, level="CP", youngest=3)])
def test_without_a_class_no_criterion_of_school_or_level_is_met(way: Access) -> None:
    assert not is_entitled(
        [way], pupil=Pupil(site_id=None, level="", birth_date=date(2008, 1, 1)), day=date(2014, 10, 8)
    )


@pytest.mark.parametrize("way", [Access(youngest=0), Access(oldest=99), Access(level="CP", youngest=3)])
def test_without_a_known_birth_date_no_criterion_of_age_is_met(way: Access) -> None:
    assert not is_entitled([way], pupil=Pupil(site_id=1, level="CP", birth_date=None), day=date(2014, 10, 8))
    assert is_entitled(
        [way, Access(level="CP")], pupil=Pupil(site_id=1, level="CP", birth_date=None), day=date(2014, 10, 8)
    )


@searched
@given(pupil=PUPILS, day=DAYS, ways=st.lists(WAYS, max_size=3), reserved=st.booleans())
def test_a_child_admitted_by_name_is_entitled_whatever_it_is(
    pupil: Pupil, day: date, ways: list[Access], reserved: bool
) -> None:
    assert is_entitled(ways, pupil=pupil, day=day, admitted=True, reserved=reserved)


@searched
@given(pupil=PUPILS, day=DAYS, ways=st.lists(WAYS, max_size=3))
def test_a_day_reserved_is_open_to_those_admitted_alone(pupil: Pupil, day: date, ways: list[Access]) -> None:
    assert not is_entitled(ways, pupil=pupil, day=day, reserved=True)
    assert is_entitled(ways, pupil=pupil, day=day) == is_entitled(ways, pupil=pupil, day=day, reserved=False)
