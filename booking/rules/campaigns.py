"""Préinscription campaigns: when families may answer, what they may ask for, and what a decision does to bookings."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from booking.rules.periods import NotOffered, Weekdays
from booking.rules.planning import Cell, Change
from lps.kernel.refusals import Refusal


class CampaignRefusal(StrEnum):
    """Why an answer is not taken, with the facts that come along."""

    NOT_YET_OPEN = "not_yet_open"  # opens_at
    CLOSED = "closed"  # closed_at
    NO_DAY = "no_day"  # yes, without any weekday


class Phase(StrEnum):
    """Where a campaign is at an instant."""

    COMING = "coming"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFacts:
    """A campaign: the days it is for, both included, and the weekdays that each activity offers.

    Answers are taken from `opens_at`, included, to `closes_at`, itself too late; both are aware.
    """

    first_day: date
    last_day: date
    opens_at: datetime
    closes_at: datetime
    offered: Weekdays = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a household wants for a child: to come again, on these weekdays of each activity, or not."""

    returns: bool
    chosen: Weekdays = field(default_factory=dict)


def offered(activities: Mapping[int, Collection[int]], *, weekdays: Collection[int]) -> dict[int, frozenset[int]]:
    """The weekdays offered of each activity: those of the campaign on which the activity is held."""
    wanted = frozenset(weekdays)
    return {activity: wanted & frozenset(held) for activity, held in activities.items()}


def phase(campaign: CampaignFacts, *, at: datetime) -> Phase:
    """Whether answers are taken at an instant (aware)."""
    if at < campaign.opens_at:
        return Phase.COMING
    return Phase.OPEN if at < campaign.closes_at else Phase.CLOSED


def why_not(campaign: CampaignFacts, *, at: datetime) -> Refusal | None:
    """Why no answer is taken at an instant (aware), or None."""
    match phase(campaign, at=at):
        case Phase.COMING:
            return Refusal(CampaignRefusal.NOT_YET_OPEN, opens_at=campaign.opens_at)
        case Phase.CLOSED:
            return Refusal(CampaignRefusal.CLOSED, closed_at=campaign.closes_at)
    return None


def understood(campaign: CampaignFacts, wish: Wish) -> Wish | Refusal:
    """A wish as it is kept: a no asks for nothing, a yes for one weekday at least. Raises `NotOffered`."""
    for activity, weekdays in wish.chosen.items():
        if not weekdays <= campaign.offered.get(activity, frozenset()):
            raise NotOffered(activity)
    chosen = {activity: weekdays for activity, weekdays in wish.chosen.items() if weekdays}
    if not wish.returns:
        return Wish(returns=False)
    return Wish(returns=True, chosen=chosen) if chosen else Refusal(CampaignRefusal.NO_DAY)


def days_wanted(campaign: CampaignFacts, chosen: Weekdays, *, after: date) -> frozenset[Cell]:
    """The days that a choice asks for, those up to `after` left out: nobody books the past."""
    first = max(campaign.first_day, after + timedelta(days=1))
    days = [first + timedelta(days=number) for number in range((campaign.last_day - first).days + 1)]
    return frozenset(
        Cell(activity, day) for activity, weekdays in chosen.items() for day in days if day.weekday() in weekdays
    )


def changes(wanted: Collection[Cell], *, booked_before: Iterable[Cell], after: date) -> list[Change]:
    """What brings the bookings to a decision: the days wanted are booked, and those that an earlier decision booked
    and nobody wants any more are canceled; days that the family booked by itself are left alone.
    """
    dropped = sorted({cell for cell in booked_before if cell.day > after and cell not in wanted})
    return [Change(cell, wanted=True) for cell in sorted(wanted)] + [Change(cell, wanted=False) for cell in dropped]
