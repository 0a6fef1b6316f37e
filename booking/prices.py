"""What the bookings of a planning may cost, told by whoever prices them: booking itself knows no amount."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from lps.families.models import Child, Household


@dataclass(frozen=True, slots=True)
class Prices:
    """A sentence for each week that costs something, by its Monday, and what all of them stand on."""

    weeks: Mapping[date, str] = field(default_factory=dict)
    note: str = ""


class _Asked(Protocol):
    def __call__(
        self, *, household: Household, child: Child, days: Sequence[date], booked: Mapping[int, Sequence[date]]
    ) -> Prices: ...


def estimate(
    *, household: Household, child: Child, days: Sequence[date], booked: Mapping[int, Sequence[date]]
) -> Prices:
    """What the days that a household booked for a child, by activity, may cost it: asked once a page.

    `days` are those shown. The setting `LPS_PRICES` names who answers; three statements at most, none when the town
    shows no price.
    """
    asked = cast(_Asked, import_string(settings.LPS_PRICES))
    return asked(household=household, child=child, days=days, booked=booked)
