"""Mobiles of France and overseas in E.164; fixed lines and premium numbers take no SMS."""

import pytest

from notifications.rules.numbers import BadNumber, masked, mobile, region_of


@pytest.mark.parametrize(
    ("text", "postal_code", "number"),
    [
        ("06 12 34 56 78", "78200", "+33612345678"),
        ("07.81.23.45.67", "78200", "+33781234567"),
        ("+33 6 12 34 56 78", "97400", "+33612345678"),
        ("0692 12 34 56", "97400", "+262692123456"),
        ("0690 00 12 34", "97110", "+590690001234"),
        ("0696 20 12 34", "97200", "+596696201234"),
        ("75 12 34", "98800", "+687751234"),
    ],
)
def test_a_mobile_is_written_as_its_commune_dials_it(text: str, postal_code: str, number: str) -> None:
    assert mobile(text, region=region_of(postal_code)) == number


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("01 30 98 10 78", "not_mobile"),
        ("08 99 12 34 56", "premium"),
        ("06 12", "unreadable"),
        ("bonjour", "unreadable"),
        ("", "unreadable"),
        ("0612345678" * 30, "unreadable"),
        ("06\x0012345678", "unreadable"),
    ],
)
def test_other_numbers_are_refused_and_say_why(text: str, code: str) -> None:
    with pytest.raises(BadNumber) as refused:
        mobile(text)

    assert refused.value.code == code


def test_a_refusal_repeats_no_number() -> None:
    with pytest.raises(BadNumber) as refused:
        mobile("0899123456")

    assert "0899" not in str(refused.value)
    assert masked("+33612345678") == "+33•••••••78"
