"""Who calls: children with their own codes, a service each may use and a day each may be booked on."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice, zip_longest

from booking import catalogue
from booking.models import Booking, JournalEntry, ServiceDay
from lps.families.models import Child
from lps.journal.channels import Channel
from voice.dialogue.facts import ChildFound, DaysJudged, FindChild, JudgeDays
from voice.services.town_side import TownSide

_SHOWN = 4  # services that the first menu names, whatever their number


@dataclass(frozen=True, slots=True)
class Wish:
    """One booking that a caller makes: the child, its code, the service and its key in the menu, the day."""

    child: int
    code: str
    service: int
    key: str
    day: date

    @property
    def words(self) -> tuple[str, ...]:
        """What is typed, answer after answer: code, service, day, no other day, yes, nothing else."""
        return f"{self.code}#", self.key, f"{self.day:%d%m}", "#", "1", "9"


def wishes(*, number: int, at: datetime) -> list[Wish]:
    """So many bookings that may be made now, of as many children as there are before a second one of any.

    Raises LookupError when the town has not so many.
    """
    limited = set(ServiceDay.objects.exclude(places=None).values_list("activity", "day"))
    by_child = (list(_of_child(child, at, limited)) for child in Child.objects.order_by("pk"))
    ranks = zip_longest(*by_child)
    found = list(islice((wish for wish in chain.from_iterable(ranks) if wish), number))
    if len(found) < number:
        raise LookupError(f"{len(found)} bookings may be made, not {number}")
    return found


def booked_once(wishes: list[Wish]) -> tuple[int, int]:
    """How many of these stand as one booking, and how many the journal has once, made by telephone."""
    wanted = {(wish.child, wish.service, wish.day) for wish in wishes}
    children = {wish.child for wish in wishes}
    standing = Booking.objects.standing().filter(child__in=children).values_list("child", "activity", "day")
    told = JournalEntry.objects.filter(child__in=children, channel=Channel.VOICE, before=False, after=True)
    entries = list(told.order_by().values_list("child", "activity_id", "day"))
    rows = list(standing.order_by())
    return sum(rows.count(one) == 1 for one in wanted), sum(entries.count(one) == 1 for one in wanted)


def _of_child(child: Child, at: datetime, limited: Container[tuple[int, date]]) -> Iterator[Wish]:
    """The free days of the first week that is open, of services that exclude no other and need none, with places.

    Nothing for a child of two households, nor for one whose only service makes no menu: their calls are other ones.
    """
    facts, side = catalogue.read(), TownSide("callers")
    found = side.answer(FindChild(code=child.child_code), at=at)
    if not isinstance(found, ChildFound) or len(found.services) < 2:
        return
    tied = set(chain.from_iterable(facts.together | facts.incompatible))
    for key, service in enumerate(found.services[:_SHOWN], 1):
        if service.key in tied:
            continue
        judged = side.answer(JudgeDays(child=found.child, service=service.key), at=at)
        assert isinstance(judged, DaysJudged)
        for one in judged.days:
            if not one.refusal and not one.booked and (service.key, one.day) not in limited:
                yield Wish(child.pk, child.child_code, service.key, str(key), one.day)
