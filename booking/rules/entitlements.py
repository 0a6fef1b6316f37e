"""Which children may book an activity: by school, class level or age, or by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One way to be entitled: every criterion given is met. Ages in completed years, both included."""

    site_id: int | None = None
    level: str = ""
    youngest: int | None = None
    oldest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """What is asked of a child on a day: its class's site and level (None and "" without a class), its birth date."""

    site_id: int | None
    level: str
    birth_date: date | None


def is_entitled(
    ways: Sequence[Access], *, pupil: Pupil, day: date, admitted: bool = False, reserved: bool = False
) -> bool:
    """Whether a child may book a day of an activity that these ways open; without any, it is open to all.

    A child without a class meets no criterion of school or level, one without a known birth date none of age. One
    that the town `admitted` by name meets all; a day `reserved` to those admitted is open to nobody else.
    """
    return admitted or (not reserved and (not ways or any(_meets(way, pupil, day) for way in ways)))


def age_on(day: date, *, birth_date: date) -> int:
    """Completed years. Who was born on 29 February is a year older on 1 March of the other years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def _meets(way: Access, pupil: Pupil, day: date) -> bool:
    if way.site_id not in (None, pupil.site_id) or way.level not in ("", pupil.level):
        return False
    if way.youngest is None and way.oldest is None:
        return True
    if pupil.birth_date is None:
        return False
    age = age_on(day, birth_date=pupil.birth_date)
    return (way.youngest is None or age >= way.youngest) and (way.oldest is None or age <= way.oldest)
