"""Places by date: days of an activity set by hand, or given back to its pattern. No booking is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import transaction

from booking.models import Activity, PublicHoliday, ServiceDay, WaitingEntry
from booking.rules.opening import DaysPlan, Made, Slot, plan
from booking.rules.places import Act, HandPlan, by_hand
from booking.services import waiting
from booking.services.days import closed_slots, lock_days, read_days
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants.town.services import renew_catalogue_stamp

_BATCH = 5000
_TOLD = 1000  # days that an entry of the journal lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which days of an activity are to be set, and how. Days from `first_day` to `last_day`, both included."""

    activity: Activity
    sites: tuple[int, ...]
    first_day: date
    last_day: date
    weekdays: frozenset[int]
    act: Act
    places: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a wish does. `left` days stay closed, on a public holiday or under a closure."""

    hand: HandPlan = HandPlan()
    model: DaysPlan | None = None
    left: int = 0
    standing: Mapping[Slot, Made]


def preview(wish: Wish) -> Decided:
    """What setting these days would do."""
    chosen = _chosen(wish)
    wanted, standing = read_days(
        activity=wish.activity, sites=wish.sites, first_day=wish.first_day, last_day=wish.last_day
    )
    if wish.act is Act.MODEL:
        mine = {slot: replace(standing[slot], by_hand=False) for slot in chosen if _is_by_hand(slot, standing)}
        asked = {slot: places for slot, places in wanted.items() if slot in mine}
        return Decided(model=plan(asked, mine), standing=mine)
    left = _not_to_open(wish, chosen) if wish.act is Act.OPEN else set()
    free = [slot for slot in chosen if slot not in left]
    hand = by_hand(wish.act, places=wish.places, chosen=free, standing=standing)
    return Decided(hand=hand, left=len(left), standing=standing)


def set_days(*, wish: Wish, by: Actor, at: datetime) -> Decided:
    """Set these days; places freed go to those who wait, and offers beyond the places are withdrawn.

    The number of statements does not depend on how many days.
    """
    with transaction.atomic():
        days = ServiceDay.objects.filter(
            activity=wish.activity.pk, site__in=wish.sites, day__range=(wish.first_day, wish.last_day)
        )
        lock_days(days)
        done = preview(wish)
        touched = _apply_model(done) if done.model else _apply_hand(done.hand, wish)
        listed = WaitingEntry.objects.filter(service_day__in=touched, state__in=WaitingEntry.OPEN)
        if lists := sorted(set(listed.order_by().values_list("service_day", flat=True))):
            waiting.offer_places(lists, at=at)
        _tell(wish, done, touched, by=by, at=at)
        renew_catalogue_stamp()  # a save that read a day without limit judges again
    return done


def _chosen(wish: Wish) -> list[Slot]:
    number = (wish.last_day - wish.first_day).days + 1
    days = (wish.first_day + timedelta(days=offset) for offset in range(number))
    return [(wish.activity.pk, site, day) for day in days if day.weekday() in wish.weekdays for site in wish.sites]


def _not_to_open(wish: Wish, chosen: Sequence[Slot]) -> set[Slot]:
    """Days under a closure and, when several are opened at once, public holidays."""
    holidays: set[date] = set()
    if wish.first_day != wish.last_day:
        rows = PublicHoliday.objects.filter(day__range=(wish.first_day, wish.last_day))
        holidays = set(rows.values_list("day", flat=True))
    return closed_slots(chosen) | {slot for slot in chosen if slot[2] in holidays}


def _is_by_hand(slot: Slot, standing: Mapping[Slot, Made]) -> bool:
    return slot in standing and standing[slot].by_hand


def _apply_hand(hand: HandPlan, wish: Wish) -> list[int]:
    ServiceDay.objects.bulk_create(
        (
            ServiceDay(activity_id=activity, site_id=site, day=day, places=wish.places, by_hand=True)
            for activity, site, day in hand.create
        ),
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    ServiceDay.objects.filter(pk__in=hand.pin).update(open=True, places=wish.places, by_hand=True)
    ServiceDay.objects.filter(pk__in=hand.close).update(open=False, by_hand=True)
    return [*hand.pin, *hand.close]


def _apply_model(done: Decided) -> list[int]:
    assert done.model is not None
    for places in set(done.model.open.values()):
        pks = [pk for pk, own in done.model.open.items() if own == places]
        ServiceDay.objects.filter(pk__in=pks).update(open=True, places=places)
    ServiceDay.objects.filter(pk__in=done.model.close).update(open=False)
    touched = [made.pk for made in done.standing.values()]
    ServiceDay.objects.filter(pk__in=touched).update(by_hand=False)
    return touched


def _tell(wish: Wish, done: Decided, touched: Sequence[int], *, by: Actor, at: datetime) -> None:
    """The wish, and how each day stood before."""
    keys = set(touched)
    before = [
        {"site": site, "day": str(day), "open": made.open, "places": made.places}
        for (_, site, day), made in done.standing.items()
        if made.pk in keys
    ]
    after = {
        "act": str(wish.act),
        "days": [str(wish.first_day), str(wish.last_day)],
        "weekdays": sorted(wish.weekdays),
        "sites": list(wish.sites),
        "places": wish.places,
        "made": len(done.hand.create),
        "touched": len(touched),
    }
    subject = f"activity:{wish.activity.pk}"
    record(by=by, channel=Channel.OFFICE, action="days_set", subject=subject, before=before[:_TOLD], after=after, at=at)
