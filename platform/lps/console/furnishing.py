"""What a catalogue template puts into a commune just made: calendar, groups, activities, days."""

from datetime import date

from booking.services.catalogue import NewGroup, add_groups, load_calendar
from booking.services.days import horizon, materialize, school_year_of
from lps.families.models import SchoolYear
from lps.families.services import open_school_year
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.town import change_settings
from tenants import context

TABS = ["planning", "factures", "tipi", "preinscription"]


def furnish(*, groups: list[NewGroup], today: date, school_zone: str, by: Actor) -> SchoolYear:
    """Give the commune entered its calendar, this school year and its catalogue. Its schools must stand already
    for days to be made: `open_days` makes them."""
    first_day, last_day = school_year_of(today)
    change_settings(school_zone=school_zone, tabs=TABS, by=by, channel=Channel.AUTOMATIC)
    load_calendar(
        school_zone=school_zone,
        insee=context.current().insee,
        first_year=first_day.year,
        last_year=horizon(today).year,
    )
    add_groups(groups)
    return open_school_year(first_day=first_day, last_day=last_day)


def open_days(*, today: date) -> int:
    """Make the service days of the school year and of the weeks ahead, at every school."""
    return materialize(first_day=school_year_of(today)[0], last_day=horizon(today)).made
