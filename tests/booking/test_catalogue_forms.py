"""The catalogue's forms, fed with anything: a form is valid or says why, and what it gives can be stored."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.forms.catalogue import ActivityForm, GroupForm, PlacesForm, TieForm, WayChoices, WayForm
from booking.forms.deadlines import CLOSING_CHOICES, OPENING_CHOICES, SAME, DeadlineForm, Kinds, kinds_asked
from booking.models import Activity, ActivityGroup
from booking.rules import deadlines
from booking.rules.deadlines import DaysBefore, DeadlineRule
from booking.rules.places import Act

TODAY = date(2026, 11, 25)
EVE = DaysBefore(days=1, at=time(17))
RULE = DeadlineRule(book=EVE, cancel=EVE)
NUMBERS = st.integers(-(10**30), 10**30).map(str)
DAYS = st.dates().map(str)
LIKELY = st.sampled_from(
    ["", "0", "1", "3", "6", "12", "07:30", "17h00", "25:00", "2026-12-01", "31/12/2026", "a\x00b"]
)
TYPED = st.text(max_size=200) | NUMBERS | DAYS | LIKELY
CLOSINGS = st.sampled_from([kind for kind, _label in CLOSING_CHOICES])
KINDS = st.builds(
    Kinds,
    book=CLOSINGS,
    cancel=CLOSINGS | st.just(SAME),
    opening=st.sampled_from([kind for kind, _ in OPENING_CHOICES]),
)


def sent(*names: str, values: st.SearchStrategy[object] = TYPED) -> st.SearchStrategy[dict[str, object]]:
    """Some of these fields, with anything in them."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, values))


@given(data=sent("name", "weekdays", "season", "places", "is_meal", values=TYPED | st.lists(TYPED, max_size=8)))
def test_an_activity(data: dict[str, object]) -> None:
    form = ActivityForm(data)

    if form.is_valid():
        wanted = form.wanted
        assert 0 < len(wanted.name) <= 80 and "\x00" not in wanted.name
        assert wanted.weekdays and set(wanted.weekdays) <= set(range(7))
        assert wanted.places is None or 0 <= wanted.places <= 5000
    else:
        assert form.errors


@given(kinds=KINDS, data=st.data())
def test_a_deadline(kinds: Kinds, data: st.DataObject) -> None:
    names = DeadlineForm(kinds=kinds, standing=RULE).fields
    form = DeadlineForm(data.draw(sent(*names)), kinds=kinds, standing=RULE)

    if form.is_valid():
        assert deadlines.from_json(deadlines.to_json(form.rule)) == form.rule
        assert Kinds.of(form.rule).book == kinds.book
    else:
        assert form.errors


@given(data=sent("reserver", "annuler", "ouverture"))
def test_kinds_asked_are_those_that_stand_unless_all_three_exist(data: dict[str, object]) -> None:
    known = {kind for kind, _label in (*CLOSING_CHOICES, *OPENING_CHOICES)} | {SAME}

    asked = kinds_asked(data, Kinds.of(RULE))

    assert {asked.book, asked.cancel, asked.opening} <= known


@given(data=sent("act", "first_day", "last_day", "weekdays", "school", "places") | sent("first_day", "last_day").map(
    lambda given: {**given, "act": "places"}
))  # fmt: skip
def test_days_to_set(data: dict[str, object]) -> None:
    form = PlacesForm(data, activity=Activity(pk=1), schools=[(7, "Pasteur"), (8, "Hugo")], today=TODAY)

    if form.is_valid():
        wish = form.wish
        assert TODAY <= wish.first_day <= wish.last_day <= wish.first_day + timedelta(days=366)
        assert set(wish.sites) <= {7, 8} and wish.sites and wish.weekdays and isinstance(wish.act, Act)
    else:
        assert form.errors


@given(data=sent("site", "level", "youngest", "oldest"))
def test_a_way_to_be_entitled(data: dict[str, object]) -> None:
    form = WayForm(data, choices=WayChoices([(7, "Pasteur")], ["CP", "CE1"]))

    if form.is_valid() and (way := form.way):
        assert way.site_id in (None, 7) and way.level in ("", "CP", "CE1")
        assert all(age is None or 0 <= age <= 99 for age in (way.youngest, way.oldest))
        assert way.youngest is None or way.oldest is None or way.youngest <= way.oldest


@given(data=sent("other", "kind"))
def test_a_tie(data: dict[str, object]) -> None:
    other = Activity(pk=3, name="Car", group=ActivityGroup(name="TRANSPORT"))
    form = TieForm(data, others=[other])

    assert not form.is_valid() or form.cleaned_data["other"] == 3


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "x" * 10_000_000, "a\x00b"])
def test_a_name_of_a_group_that_cannot_be(name: str) -> None:
    form = GroupForm({"name": name})

    assert not form.is_valid() and form.errors["name"]
