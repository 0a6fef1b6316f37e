"""The question that keeps machines away."""

from hypothesis import given
from hypothesis import strategies as st

from notifications.rules.robots import sum_of


@given(st.integers(0, 10**6))
def test_a_sum_is_answered_in_digits_or_in_letters(number: int) -> None:
    asked = sum_of(number)
    total = asked.first + asked.second

    assert asked.is_answered_by(f" {total} ")
    assert not asked.is_answered_by(str(total + 1)) and not asked.is_answered_by("")
    assert 2 <= total <= 18 and " plus " in asked.words


def test_letters_are_read_with_their_hyphen_or_without() -> None:
    asked = sum_of(8 + 9 * 8)

    assert asked.words == "neuf plus neuf"
    assert asked.is_answered_by("Dix huit") and asked.is_answered_by("dix-huit") and asked.is_answered_by("18")
