"""What a catalogue template puts into a commune just made: calendar, groups, activities, days."""

from dataclasses import dataclass
from datetime import date, timedelta

from booking.services.catalogue import NewGroup, add_groups, load_calendar, materialize
from lps.families.models import SchoolYear
from lps.families.services import open_school_year
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.town import change_settings

AHEAD = timedelta(weeks=20)
TABS = ["planning"]


@dataclass(frozen=True, slots=True)
class SchoolTime:
    """The school year of a day, and until when service days are made: its end, or twenty weeks ahead."""

    first_day: date
    last_day: date
    made_until: date

    @classmethod
    def of(cls, today: date) -> "SchoolTime":
        first_year = today.year if today.month >= 9 else today.year - 1
        last_day = date(first_year + 1, 8, 31)
        return cls(date(first_year, 9, 1), last_day, max(last_day, today + AHEAD))


def furnish(
    *, groups: list[NewGroup], today: date, school_zone: str, holiday_zone: str = "Métropole", by: Actor
) -> SchoolYear:
    """Give the commune entered its calendar, this school year and its catalogue. Its schools must stand already
    for days to be made: `open_days` makes them."""
    during = SchoolTime.of(today)
    change_settings(school_zone=school_zone, tabs=TABS, by=by, channel=Channel.AUTOMATIC)
    load_calendar(
        school_zone=school_zone,
        holiday_zone=holiday_zone,
        first_year=during.first_day.year,
        last_year=during.made_until.year,
    )
    add_groups(groups)
    return open_school_year(first_day=during.first_day, last_day=during.last_day)


def open_days(*, today: date) -> int:
    """Make the service days of the school year and of the weeks ahead, at every school."""
    during = SchoolTime.of(today)
    return materialize(first_day=during.first_day, last_day=during.made_until)
