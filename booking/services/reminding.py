"""Reminders before the deadline: once a week and address, on the eve of the week's first deadline.

The number of statements does not depend on how many families there are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from booking import catalogue
from booking.catalogue import ActivityFacts, Catalogue, Place
from booking.message_kinds import REMINDER
from booking.models import Admission, Booking, ServiceDay
from booking.rules import reminding
from booking.rules.deadlines import deadline, opening
from booking.rules.entitlements import Pupil, is_entitled
from booking.rules.planning import Cell
from booking.rules.reminding import Pattern, Why
from booking.rules.weeks import Week, days_of
from lps.families.queries.pupils import PupilDays, pupil_days
from lps.journal.actors import Actor
from notifications.models import Address
from notifications.queries import household_addresses
from notifications.services import Post, post_many
from notifications.services.preferences import stop_url, wants
from tenants import context
from tenants.queries import url_of

BY = Actor.system("rappels avant la date limite")
WEEKS_AHEAD = 9
# The usual week is that of the last weeks with school, looked for no further back than this.
WEEKS_COMPARED, WEEKS_BACK = 6, 20


@dataclass(frozen=True, slots=True)
class _Offer:
    """What a school offers on a day, and until when (aware)."""

    cell: Cell
    activity: ActivityFacts
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class _Line:
    """A child to be told of."""

    name: str
    why: Why
    closes_at: datetime


def remind(*, now: datetime) -> int:
    """Write the reminders due on the day of `now` (aware); how many. The same day again writes none.

    A day without a deadline on the next one costs two statements.
    """
    facts, zone = catalogue.read(), context.current().zone
    today = now.astimezone(zone).date()
    offers = _offers(facts, today=today, now=now)
    due = [week for week, by_site in offers.items() if _some_eve(by_site, today)]
    if not due:
        return 0
    addresses = wants(household_addresses(), REMINDER)
    families: dict[int, list[Address]] = {}
    for address in addresses:
        families.setdefault(int(address.holder.removeprefix("household:")), []).append(address)
    pupils = pupil_days(families, first=min(due).monday, last=max(due).sunday)
    week_facts = _Facts.read(facts, pupils, due=due, today=today)
    posts = [
        post
        for week in sorted(due)
        for household, lines in _told(pupils, week, offers[week], week_facts, today).items()
        for post in _posts(week, lines, families[household])
    ]
    with transaction.atomic():
        return post_many(posts, template="booking/emails/deadline", by=BY)


def _offers(facts: Catalogue, *, today: date, now: datetime) -> dict[Week, dict[int, list[_Offer]]]:
    """What may be booked in the weeks ahead that have school, by week and school: one statement."""
    zone, first = context.current().zone, Week.of(today)
    weeks = [week for week in map(first.shifted, range(WEEKS_AHEAD)) if facts.calendar.week_has_school(week)]
    days = [day for week in weeks for day in days_of(week)]
    rows = ServiceDay.objects.filter(day__in=days, open=True).order_by("day", "activity", "pk")
    found: dict[Week, dict[int, list[_Offer]]] = {}
    for activity_id, site, day in rows.values_list("activity", "site", "day"):
        activity = facts.activities.get(activity_id)
        if activity is None or activity.retired or opening(activity.rule.opening, day=day, zone=zone) > now:
            continue
        closes_at = deadline(activity.rule.book, day=day, calendar=facts.calendar, zone=zone)
        offer = _Offer(Cell(activity_id, day), activity, closes_at)
        found.setdefault(Week.of(day), {}).setdefault(site, []).append(offer)
    return found


def _some_eve(by_site: Mapping[int, Sequence[_Offer]], today: date) -> bool:
    zone = context.current().zone
    closings = {offer.closes_at for offers in by_site.values() for offer in offers}
    return any(reminding.is_eve(closes_at, today=today, zone=zone) for closes_at in closings)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What was booked, and who is admitted by name: two statements."""

    catalogue: Catalogue
    compared: Sequence[Week]
    booked: Mapping[tuple[int, Week], Collection[Cell]]
    admitted: Mapping[tuple[int, int], Sequence[tuple[date, date]]]

    @classmethod
    def read(cls, facts: Catalogue, pupils: Sequence[PupilDays], *, due: Sequence[Week], today: date) -> "_Facts":
        """Read them for these children: the weeks due, and those before to compare with, the latest first."""
        this_week = Week.of(today)
        before = [this_week.shifted(-back) for back in range(WEEKS_BACK)]
        compared = [week for week in before if facts.calendar.week_has_school(week)][:WEEKS_COMPARED]
        children = {pupil.child_id for pupil in pupils}
        days = [day for week in {*compared, *due} for day in days_of(week)]
        rows = Booking.objects.standing().filter(child__in=children, day__in=days).order_by()
        booked: dict[tuple[int, Week], list[Cell]] = {}
        for child, activity, day in rows.values_list("child", "activity", "day"):
            booked.setdefault((child, Week.of(day)), []).append(Cell(activity, day))
        admitted: dict[tuple[int, int], list[tuple[date, date]]] = {}
        named = Admission.objects.filter(child__in=children).order_by("pk")
        for child, activity, first, last in named.values_list("child", "activity", "first_day", "last_day"):
            admitted.setdefault((child, activity), []).append((first, last))
        return cls(facts, compared, booked, admitted)

    def pattern(self, child: int, week: Week) -> Pattern:
        return reminding.pattern(self.booked.get((child, week), ()))

    def habit(self, child: int, *, before: Week) -> Pattern:
        """The usual week of a child who booked something in the weeks compared."""
        weeks = [self.pattern(child, week) for week in self.compared if week < before]
        return reminding.usual(weeks)

    def may_book(self, pupil: PupilDays, offer: _Offer) -> bool:
        """Whether the child is the household's, at that school, entitled and not closed out on that day."""
        day, activity = offer.cell.day, offer.activity
        sits = pupil.schooling(day)
        if sits is None or not pupil.is_theirs(day):
            return False
        place = Place(sits.site_id, sits.school_class_id)
        if self.catalogue.is_closed_for_the_class(day, place=place, activity_id=activity.pk):
            return False
        spans = self.admitted.get((pupil.child_id, activity.pk), ())
        return is_entitled(
            activity.ways,
            pupil=Pupil(site_id=sits.site_id, level=sits.level, birth_date=pupil.birth_date),
            day=day,
            admitted=any(first <= day <= last for first, last in spans),
            reserved=activity.is_reserved(day),
        )


def _told(
    pupils: Sequence[PupilDays], week: Week, by_site: Mapping[int, Sequence[_Offer]], facts: _Facts, today: date
) -> dict[int, list[_Line]]:
    """The children to tell each household of, in the order of their names."""
    zone = context.current().zone
    told: dict[int, list[_Line]] = {}
    for pupil in pupils:
        offers = [
            offer
            for site in pupil.sites
            for offer in by_site.get(site, ())
            if (sits := pupil.schooling(offer.cell.day)) and sits.site_id == site and facts.may_book(pupil, offer)
        ]
        if not offers:
            continue
        closes_at = min(offer.closes_at for offer in offers)
        why = reminding.why(
            offered=reminding.pattern(offer.cell for offer in offers),
            booked=facts.pattern(pupil.child_id, week),
            habit=facts.habit(pupil.child_id, before=week),
        )
        if why and reminding.is_eve(closes_at, today=today, zone=zone):
            told.setdefault(pupil.household_id, []).append(_Line(pupil.first_name, why, closes_at))
    return told


def _posts(week: Week, lines: Sequence[_Line], addresses: Sequence[Address]) -> list[Post]:
    facts = {
        "first": week.monday,
        "last": week.sunday,
        "closes_at": min(line.closes_at for line in lines),
        "lines": [{"child": line.name, "empty": line.why is Why.EMPTY} for line in lines],
        "url": url_of(context.current(), f"/semaine/{week}/"),
    }
    return [
        Post(
            to=address.address,
            facts={**facts, "stop_url": stop_url(address, REMINDER)},
            dedup_key=f"{REMINDER}:{week}:{address.pk}",
        )
        for address in addresses
    ]
