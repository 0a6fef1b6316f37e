"""Setting days by hand, as a rule: no booking is lost, whatever is asked."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from booking.rules.opening import Made, Slot
from booking.rules.places import Act, by_hand

FIRST = date(2026, 11, 30)
SLOTS: list[Slot] = [(1, site, FIRST + timedelta(days=number)) for number in range(7) for site in (1, 2)]
PLACES = st.none() | st.integers(0, 5)
MADE = st.builds(
    Made, pk=st.just(0), open=st.booleans(), places=PLACES, by_hand=st.booleans(), booked=st.integers(0, 6),
    offered=st.integers(0, 2),
)  # fmt: skip


@st.composite
def standing(draw: st.DrawFn) -> dict[Slot, Made]:
    found = draw(st.dictionaries(st.sampled_from(SLOTS), MADE))
    return {slot: replace(made, pk=number) for number, (slot, made) in enumerate(found.items(), start=1)}


CHOSEN = st.lists(st.sampled_from(SLOTS), unique=True)


@given(days=standing(), chosen=CHOSEN)
def test_closing_never_closes_a_day_that_holds_a_booking_or_an_offer(
    days: dict[Slot, Made], chosen: list[Slot]
) -> None:
    plan = by_hand(Act.CLOSE, places=None, chosen=chosen, standing=days)

    open_days = {slot: days[slot] for slot in chosen if slot in days and days[slot].open}
    promised = {slot for slot, made in open_days.items() if made.booked or made.offered}
    assert set(plan.held) == promised
    assert set(plan.close) == {made.pk for slot, made in open_days.items() if slot not in promised}
    assert not plan.create and not plan.pin


@given(days=standing(), chosen=CHOSEN, places=PLACES)
def test_other_places_open_nothing_and_close_nothing(
    days: dict[Slot, Made], chosen: list[Slot], places: int | None
) -> None:
    plan = by_hand(Act.PLACES, places=places, chosen=chosen, standing=days)

    assert set(plan.pin) == {days[slot].pk for slot in chosen if slot in days and days[slot].open}
    assert not plan.create and not plan.close and not plan.held and plan.reopened == 0


@given(days=standing(), chosen=CHOSEN, places=PLACES)
def test_opening_opens_every_day_chosen(days: dict[Slot, Made], chosen: list[Slot], places: int | None) -> None:
    plan = by_hand(Act.OPEN, places=places, chosen=chosen, standing=days)

    assert set(plan.create) | {slot for slot in days if days[slot].pk in plan.pin} == set(chosen)
    assert plan.reopened + plan.changed <= len(plan.pin)


@given(days=standing(), chosen=CHOSEN, places=PLACES)
def test_every_day_that_becomes_too_small_is_told(
    days: dict[Slot, Made], chosen: list[Slot], places: int | None
) -> None:
    plan = by_hand(Act.PLACES, places=places, chosen=chosen, standing=days)

    for slot in chosen:
        made = days.get(slot)
        if made and made.open and made.places != places:
            assert (slot in plan.crowded) == (places is not None and made.booked + made.offered > places)
