"""News waits for the morning; what a family needs and dangers do not."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from notifications.rules.hours import MessageClass, QuietHours, may_leave_at

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
ARMISTICE = date(2026, 11, 11)
ZONES = some.sampled_from([PARIS, REUNION, ZoneInfo("America/Guadeloupe"), ZoneInfo("Pacific/Noumea")])
INSTANTS = some.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=some.just(UTC))


def leaves(at: str, *, of: MessageClass = MessageClass.NEWS, zone: ZoneInfo = PARIS) -> str:
    asked = datetime.fromisoformat(at).replace(tzinfo=zone)
    found = may_leave_at(asked, of=of, hours=QuietHours(), zone=zone, is_holiday=lambda day: day == ARMISTICE)
    return f"{found.astimezone(zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("2026-11-09 10:30", "2026-11-09 10:30"),
        ("2026-11-09 07:59", "2026-11-09 08:00"),
        ("2026-11-09 19:59", "2026-11-09 19:59"),
        ("2026-11-10 20:00", "2026-11-12 08:00"),  # the 11th is a public holiday
        ("2026-11-07 21:00", "2026-11-09 08:00"),  # Sunday is passed over
    ],
)
def test_news_leaves_by_day_from_monday_to_saturday(asked: str, left: str) -> None:
    assert leaves(asked) == left


@pytest.mark.parametrize("of", [MessageClass.SERVICE, MessageClass.DANGER])
def test_what_cannot_wait_leaves_at_once(of: MessageClass) -> None:
    assert leaves("2026-11-08 03:00", of=of) == "2026-11-08 03:00"


def test_the_hours_are_those_of_the_commune() -> None:
    assert leaves("2026-11-09 07:00", zone=REUNION) == "2026-11-09 08:00"


@given(INSTANTS, ZONES)
def test_news_never_leaves_in_quiet_hours_nor_before_it_is_asked(asked: datetime, zone: ZoneInfo) -> None:
    left = may_leave_at(asked, of=MessageClass.NEWS, hours=QuietHours(), zone=zone, is_holiday=lambda _: False)

    local = left.astimezone(zone)
    assert left >= asked
    assert time(8) <= local.time() < time(20)
    assert local.weekday() < 6
    assert left - asked < timedelta(days=2)


def test_hours_that_leave_no_time_are_refused() -> None:
    with pytest.raises(ValueError, match="no time"):
        QuietHours(opens=time(20), closes=time(8))
    with pytest.raises(ValueError, match="two weeks"):
        may_leave_at(
            datetime(2026, 1, 1, tzinfo=UTC),
            of=MessageClass.NEWS,
            hours=QuietHours(),
            zone=PARIS,
            is_holiday=lambda _: True,
        )
