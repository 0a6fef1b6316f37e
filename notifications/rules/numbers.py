"""Which telephone numbers take a town's SMS: mobiles, in E.164, France and overseas; never a premium number."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

_MOBILES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
# INSEE overseas departments and collectivities, by the first three digits of a postal code, as numbering regions.
_REGIONS = {
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "977": "BL",
    "978": "MF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}


class BadNumber(ValueError):
    """Not a number that takes an SMS; `code` says why: unreadable, not_mobile, premium. It repeats no number."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def region_of(postal_code: str) -> str:
    """The numbering region of a French postal code: 0692… is written so on Réunion alone."""
    return _REGIONS.get(postal_code[:3], "FR")


def mobile(text: str, *, region: str = "FR") -> str:
    """The number in E.164 (+33612345678), as dialed from a region. Raises `BadNumber`."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        raise BadNumber("unreadable") from None
    if not phonenumbers.is_valid_number(number):
        raise BadNumber("unreadable")
    kind = phonenumbers.number_type(number)
    if kind in {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}:
        raise BadNumber("premium")
    if kind not in _MOBILES:
        raise BadNumber("not_mobile")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(number: str) -> str:
    """What pages and journals show of an E.164 number: its country and its last two digits."""
    return f"{number[:3]}{'•' * max(len(number) - 5, 0)}{number[-2:]}"
