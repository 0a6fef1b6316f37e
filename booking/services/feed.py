"""A family's calendar feed: its secret address made and revoked, and the bookings that it tells."""

from datetime import datetime, timedelta

from django.db import transaction

from booking.models import Booking
from booking.rules.icalendar import Event, write
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
    """The bookings that stand, a month back and a year ahead, in one statement. It names a child by its first name."""
    commune = context.current()
    today = now.astimezone(commune.zone).date()
    rows = Booking.objects.standing().filter(household=link.household_id, day__range=(today - PAST, today + AHEAD))
    found = rows.order_by("day", "activity", "pk").values_list(
        "pk", "day", "booked_at", "child__first_name", "activity__name"
    )
    host = host_of(commune)
    events = [
        Event(uid=f"reservation-{pk}@{host}", day=day, summary=f"{child}, {activity}", changed_at=booked_at)
        for pk, day, booked_at, child, activity in found
    ]
    return write(events, name=commune.header_name)


def _url(token: str) -> str:
    return url_of(context.current(), f"/calendrier/{token}.ics")
