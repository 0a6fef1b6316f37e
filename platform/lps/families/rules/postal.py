"""Postal codes: five digits in France. Those of other countries bear a letter, if need be the country's: "B-1000"."""

import re

_FRENCH = re.compile(r"[0-9]{5}")


class BadPostalCode(ValueError):
    """Neither five digits nor a code of another country."""


def postal_code(told: str) -> str:
    """The code as it is kept. Raises `BadPostalCode`."""
    if any(sign.isalpha() for sign in told):
        return told
    digits = "".join(told.split())
    if digits and not _FRENCH.fullmatch(digits):
        raise BadPostalCode
    return digits


def of_spreadsheet(told: str) -> str:
    """The same of a cell: a spreadsheet takes "01000" for a number, and drops its nought. Raises `BadPostalCode`."""
    digits = "".join(told.split())
    return postal_code(f"0{digits}" if len(digits) == 4 and digits.isdigit() else told)
