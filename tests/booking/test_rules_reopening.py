"""What comes back when a closure is undone: whatever stood before, never too many, never two that clash."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from booking.rules.reopening import Canceled, Why, decide

DAY = date(2014, 10, 13)
START = datetime(2014, 10, 1, tzinfo=UTC)
CLASH = frozenset({frozenset({1, 2})})
# A service day for each activity of that day.
canceled = st.lists(
    st.builds(
        lambda child, activity, minute, why: (child, activity, minute, why),
        st.integers(1, 6),
        st.integers(1, 3),
        st.integers(0, 50),
        st.sampled_from([None, None, None, Why.PAST, Why.CLOSED]),
    ),
    max_size=18,
    unique_by=lambda one: one[:2],
).map(
    lambda found: [
        Canceled(pk, child, activity, 100 + activity, DAY, START + timedelta(minutes=minute), why)
        for pk, (child, activity, minute, why) in enumerate(found)
    ]
)
places = st.dictionaries(st.sampled_from([101, 102]), st.integers(-2, 4))
standing = st.dictionaries(
    st.tuples(st.integers(1, 6), st.just(DAY)), st.sampled_from([frozenset({1}), frozenset({2}), frozenset({3})])
)


@given(canceled, places, standing)
def test_never_more_than_places_never_two_that_clash(
    rows: list[Canceled], left: dict[int, int], stood: dict[tuple[int, date], frozenset[int]]
) -> None:
    verdicts = decide(rows, left=left, standing=stood, incompatible=CLASH)

    back = [row for row in rows if verdicts[row.pk] is None]
    taken = Counter(row.service_day_id for row in back)
    assert all(taken[day] <= max(0, number) for day, number in left.items())
    booked = Counter((row.child_id, row.activity_id) for row in back)
    booked.update((child, activity) for (child, _day), held in stood.items() for activity in held)
    assert all(number == 1 for number in booked.values())
    assert not any((child, 2) in booked for child, activity in booked if activity == 1 and (child, 1) in {
        (row.child_id, row.activity_id) for row in back
    })  # fmt: skip


@given(canceled, places, standing)
def test_each_is_judged_once_and_a_reason_of_its_own_stands(
    rows: list[Canceled], left: dict[int, int], stood: dict[tuple[int, date], frozenset[int]]
) -> None:
    verdicts = decide(rows, left=left, standing=stood, incompatible=CLASH)

    assert set(verdicts) == {row.pk for row in rows}
    assert all(verdicts[row.pk] == row.why for row in rows if row.why)


@given(canceled, places, st.permutations(range(18)))
def test_who_booked_first_has_the_place_whatever_the_order_asked(
    rows: list[Canceled], left: dict[int, int], order: list[int]
) -> None:
    shuffled = [rows[number] for number in order if number < len(rows)]

    asked = decide(rows, left=left, standing={}, incompatible=frozenset())
    assert asked == decide(shuffled, left=left, standing={}, incompatible=frozenset())
    for row in rows:
        if asked[row.pk] is Why.FULL:
            served = [one for one in rows if one.service_day_id == row.service_day_id and asked[one.pk] is None]
            assert all((one.booked_at, one.pk) < (row.booked_at, row.pk) for one in served)
