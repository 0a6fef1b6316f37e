"""A family's calendar feed: its secret address made and revoked, and the bookings that it tells."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from booking import absences
from booking.absences import Declared
from booking.models import Booking
from booking.rules.icalendar import Event, write
from booking.rules.planning import Cell
from lps.accounts import attempts
from lps.families.models import FamilyLink, Household
from lps.families.services import links
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants import context, keys
from tenants.queries import host_of, url_of

LIFE = timedelta(days=400)
PAST, AHEAD = timedelta(days=31), timedelta(days=366)
_PURPOSE = "calendar_link"
# A calendar asks a few times an hour; beyond, it waits. Counted by feed.
POLICY = attempts.Policy(free=60, base=30, longest=900, window=900)


def address_of(household: Household) -> str:
    """The feed's address, "" when there is none: its family may copy it again."""
    link = links.standing(household=household, purpose=FamilyLink.Purpose.CALENDAR)
    return _url(keys.decrypt(link.address, purpose=_PURPOSE)) if link else ""


def make(*, household: Household, by: Actor, channel: Channel) -> None:
    """Make a feed; the former one, if any, stops."""
    with transaction.atomic():
        links.end_links(household=household, purpose=FamilyLink.Purpose.CALENDAR)
        links.new_link(household=household, purpose=FamilyLink.Purpose.CALENDAR, life=LIFE, keeps=_PURPOSE)
        record(by=by, channel=channel, action="calendar_made", subject=household.holder)


def revoke(*, household: Household, by: Actor, channel: Channel) -> bool:
    """Stop the feed; False when there was none."""
    with transaction.atomic():
        if not links.end_links(household=household, purpose=FamilyLink.Purpose.CALENDAR):
            return False
        record(by=by, channel=channel, action="calendar_revoked", subject=household.holder)
    return True


def link_of(token: str) -> FamilyLink | None:
    """The link of a feed, None for one that stopped or never was."""
    return links.in_force(token=token, purpose=FamilyLink.Purpose.CALENDAR)


def wait(link: FamilyLink) -> int:
    """How many seconds whoever reads this feed too often has to wait, 0 for none. Raises `attempts.Unavailable`.

    Only feeds that exist are counted: addresses made up without end would each leave a counter.
    """
    return attempts.check([attempts.Counter("calendar", str(link.pk), POLICY)])


def calendar(*, link: FamilyLink, now: datetime) -> str:
    """The bookings that stand, a month back and a year ahead, and which of them an absence was declared for, in two
    statements. It names a child by its first name.
    """
    commune = context.current()
    today = now.astimezone(commune.zone).date()
    first_day, last_day = today - PAST, today + AHEAD
    rows = Booking.objects.standing().filter(household=link.household_id, day__range=(first_day, last_day))
    found = map(_Row._make, rows.order_by("day", "activity", "pk").values_list(*_Row._fields))
    declared = absences.declared(link.household_id, first_day=first_day, last_day=last_day)
    host = host_of(commune)
    return write([_event(row, declared, host) for row in found], name=commune.header_name)


class _Row(NamedTuple):
    """A booking that stands, as a row: a feed reads hundreds of them."""

    pk: int
    child_id: int
    activity_id: int
    day: date
    booked_at: datetime
    child__first_name: str
    activity__name: str


def _event(row: _Row, declared: Sequence[Declared], host: str) -> Event:
    """A booking, and the absence declared for it. What its family said of it since is a change of the event."""
    cell = Cell(row.activity_id, row.day)
    said = [one for one in declared if one.is_about(row.child_id, cell)]
    summary = f"{row.child__first_name}, {row.activity__name}"
    if any(one.stands for one in said):
        summary = _("%(booking)s (absence déclarée)") % {"booking": summary}
    return Event(
        uid=f"reservation-{row.pk}@{host}",
        day=row.day,
        summary=summary,
        changed_at=max([row.booked_at, *(one.said_at for one in said)]),
    )


def _url(token: str) -> str:
    return url_of(context.current(), f"/calendrier/{token}.ics")
