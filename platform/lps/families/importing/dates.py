"""A day as French files write it: 21/06/2019, 21 juin 2019, 1er mars 18, 2019-06-21, or a spreadsheet's own number."""

from datetime import date, timedelta

from lps.kernel.text import sort_key

_MONTHS = ("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
           "decembre")  # fmt: skip
_WEEKDAYS = frozenset(("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "le", "ne", "nee"))
_EPOCH = date(1899, 12, 30)  # of spreadsheets, their false 29 February 1900 counted


def read(written: str, *, today: date) -> date | None:
    """The day, or None for what is none; a year of two digits is never after `today`."""
    words = [word for word in sort_key(written.partition("T")[0]).split() if word not in _WEEKDAYS]
    match words:
        case [number] if number.isdigit() and len(number) == 5:
            return _EPOCH + timedelta(days=int(number))
        case [number] if number.isdigit() and len(number) == 8:
            return _day(number[:2], number[2:4], number[4:], today)
        case [first, month, last, *time] if all(word.isdigit() for word in time):
            if len(first) == 4:
                return _day(last, month, first, today)
            return _day(first.removesuffix("er"), month, last, today)
    return None


def _day(day: str, month: str, year: str, today: date) -> date | None:
    number = _month(month)
    if not (day.isdigit() and year.isdigit() and len(year) in (2, 4) and len(day) <= 2 and number):
        return None
    try:
        return date(_year(year, today), number, int(day))
    except ValueError:
        return None


def _month(written: str) -> int:
    """1 to 12, by its number or the first letters of its name, 0 for none: "juil" is July and "jui" is neither."""
    if written.isdigit():
        return int(written) if len(written) <= 2 else 0
    found = [number for number, name in enumerate(_MONTHS, start=1) if len(written) >= 3 and name.startswith(written)]
    return found[0] if len(found) == 1 else 0


def _year(written: str, today: date) -> int:
    if len(written) == 4:
        return int(written)
    year = 2000 + int(written)
    return year if year <= today.year else year - 100
