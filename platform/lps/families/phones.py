"""Telephone numbers: kept in the international form (E.164), read and shown as the commune dials them."""

from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import PhoneNumberFormat

# Overseas, a short number is that of the territory.
_REGIONS = {
    "Indian/Reunion": "RE",
    "Indian/Mayotte": "YT",
    "America/Guadeloupe": "GP",
    "America/Martinique": "MQ",
    "America/Cayenne": "GF",
    "America/Miquelon": "PM",
    "America/St_Barthelemy": "BL",
    "America/Marigot": "MF",
    "Pacific/Noumea": "NC",
    "Pacific/Tahiti": "PF",
    "Pacific/Marquesas": "PF",
    "Pacific/Gambier": "PF",
    "Pacific/Wallis": "WF",
}


class BadPhone(ValueError):
    """Not a telephone number; the message does not repeat it."""


def region_of(zone: ZoneInfo) -> str:
    """The numbering of a commune's zone."""
    return _REGIONS.get(zone.key, "FR")


def clean(typed: str, *, region: str) -> str:
    """A number as it is kept; raises `BadPhone`. Overseas, a number of mainland France is read as such."""
    read = [number for one in dict.fromkeys((region, "FR")) if (number := _parsed(typed, one))]
    for is_good in (phonenumbers.is_valid_number, phonenumbers.is_possible_number):
        for number in read:
            if is_good(number):
                return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    raise BadPhone("not a telephone number")


def shown(kept: str, *, region: str) -> str:
    """A number as one reads it aloud: "06 12 34 56 78", or with its country's prefix from elsewhere."""
    try:
        number = phonenumbers.parse(kept, region)
    except phonenumbers.NumberParseException:
        return kept
    here = phonenumbers.region_code_for_number(number) == region
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if here else PhoneNumberFormat.INTERNATIONAL)


def _parsed(typed: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None
