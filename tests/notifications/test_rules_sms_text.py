"""An SMS counted as an operator counts it, and what is offered to keep it short."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from notifications.rules.sms_text import MAX_PARTS, count, replacements, simplified

french = some.text("abcdeéèàùçêôœ’«»… €[]\n0123456789", max_size=400)


@pytest.mark.parametrize(
    ("text", "gsm", "units", "parts"),
    [
        ("", True, 0, 0),
        ("a" * 160, True, 160, 1),
        ("a" * 161, True, 161, 2),
        ("a" * 306, True, 306, 2),
        ("a" * 307, True, 307, 3),
        ("à" * 160, True, 160, 1),
        ("€" * 80, True, 160, 1),
        ("€" * 81, True, 162, 2),
        ("ç" * 70, False, 70, 1),
        ("ç" * 71, False, 71, 2),
        ("ç" * 134, False, 134, 2),
        ("ç" * 135, False, 135, 3),
        ("😀" * 35, False, 70, 1),
        ("😀" * 36, False, 72, 2),
    ],
)
def test_the_lengths_of_the_standard(text: str, gsm: bool, units: int, parts: int) -> None:
    counted = count(text)

    assert (counted.gsm, counted.units, counted.parts) == (gsm, units, parts)


def test_what_a_provider_adds_is_counted_with_a_text_alone() -> None:
    assert [count(text, added=11).parts for text in ("", "a" * 149, "a" * 150, "ç" * 59, "ç" * 60)] == [0, 1, 2, 1, 2]


def test_a_character_of_two_units_is_not_cut_by_the_end_of_a_part() -> None:
    # 152 letters, then a euro that no longer fits in the first part's 153.
    assert count("a" * 152 + "€" + "a" * 151).parts == 2
    assert count("a" * 152 + "€" + "a" * 152).parts == 3


@given(french)
def test_a_simplified_text_is_never_longer_in_parts_and_always_in_the_alphabet(text: str) -> None:
    shorter = simplified(text)

    assert count(shorter).gsm
    assert count(shorter).parts <= max(count(text).parts, 1) or "œ" in text or "…" in text
    assert simplified(shorter) == shorter


@given(french, french)
def test_more_text_is_never_fewer_parts(text: str, more: str) -> None:
    assert count(text + more).parts >= count(text).parts


def test_what_doubles_the_price_is_named_once_with_its_replacement() -> None:
    assert replacements("ça, c’est l’été à la forêt") == {"ç": "c", "’": "'", "ê": "e"}
    assert simplified("ça, c’est l’été à la forêt") == "ca, c'est l'été à la foret"


def test_four_parts_may_be_sent_and_five_may_not() -> None:
    assert count("a" * 153 * MAX_PARTS).fits
    assert not count("a" * (153 * MAX_PARTS + 1)).fits
    assert not count("").fits
