"""What pricing is told, and what it answers: frozen facts without database."""

from dataclasses import dataclass, field, fields
from datetime import date, time
from decimal import Decimal
from enum import StrEnum


class Use(StrEnum):
    """What became of a day of a child at an activity."""

    ATTENDED = "attended"
    NOT_CALLED = "not_called"  # booked, nobody called the roll
    ABSENT = "absent"  # booked, not there, not excused
    EXCUSED = "excused"  # booked, not there, excused by the roll call or by an accepted absence
    UNBOOKED = "unbooked"  # there without a booking


class Unit(StrEnum):
    """What a price is asked for: at most one a day, what `pricing.MINUTES` cuts a day into, or `pricing.FLAT`."""

    BOOKING = "booking"
    DAY = "day"
    HOUR = "hour"
    HALF_HOUR = "half_hour"
    MONTH = "month"
    PERIOD = "period"


class Basis(StrEnum):
    """How the price of a unit is found."""

    PRICES = "prices"  # the cell of a grid
    EFFORT = "effort"  # quotient times rate, between a floor and a ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Days alike of one child at one activity for one household, in order."""

    activity_id: int
    use: Use
    days: tuple[date, ...]
    # Booked after the deadline, by an agent who passed over it.
    late: bool = False
    # Arrival and departure of each day, in minutes of the local day; empty when no hour was noted on any of them.
    hours: tuple[tuple[int | None, int | None], ...] = ()
    # Of excused days: the rank of each in its absence, the first day being 1; and whether a document proves them.
    ranks: tuple[int, ...] = ()
    proved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotientFacts:
    """A proved quotient from a day to the eve of another, None for no end."""

    since: date
    until: date | None
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A household as tariffs see it."""

    resident: bool = True
    quotients: tuple[QuotientFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A cell of the grid: quotients from `qf_from`, to the next cell's."""

    qf_from: Decimal
    resident: bool
    from_rank: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffSpec:
    """What an agent says of a tariff, under the names of `billing.models.Tariff`. `prices` begin at 0 for both
    residences, whatever their order.
    """

    name: str
    unit: str = Unit.BOOKING
    basis: str = Basis.PRICES
    counted: str = "booked"
    prices: tuple[Price, ...] = ()
    effort_rate: Decimal | None = None
    floor: Decimal | None = None
    ceiling: Decimal | None = None
    non_resident_extra: Decimal = Decimal(0)
    late_booking_extra: Decimal = Decimal(0)
    unbooked_extra: Decimal = Decimal(0)
    starts_at: time | None = None
    pickup_at: time | None = None
    late_pickup_extra: Decimal = Decimal(0)
    default_units: int = 1
    waiting_days: int = 0
    needs_certificate: bool = False
    free_units: int = 0


# What a tariff and its row call alike; among it the options of an effort rate, and the amounts beside a price.
SAME = tuple(one.name for one in fields(TariffSpec) if one.name != "prices")
EFFORT = ("effort_rate", "floor", "ceiling")
EXTRAS = ("non_resident_extra", "late_booking_extra", "unbooked_extra", "late_pickup_extra")


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffFacts(TariffSpec):
    """A version of a tariff, `until` being the first day without it."""

    pk: int
    activity_id: int
    since: date
    until: date | None = None


class Kind(StrEnum):
    """What a line of an invoice is about."""

    USE = "use"
    ABSENCE = "absence"  # booked, not there, charged all the same
    FREE = "free"  # units offered, at zero or negative
    FLAT = "flat"
    LATE_BOOKING = "late_booking"
    UNBOOKED = "unbooked"
    LATE_PICKUP = "late_pickup"
    ADJUSTMENT = "adjustment"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """A line to be: `amount` is `quantity` times `unit_price`, to the cent."""

    kind: Kind
    activity_id: int
    tariff_id: int
    name: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What a child's month at an activity costs; `missing` are the days used that no tariff covers."""

    lines: tuple[Charged, ...] = ()
    missing: tuple[date, ...] = field(default=())
