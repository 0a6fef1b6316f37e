"""A child whom a parent calls for, with what may be booked for it."""

from dataclasses import dataclass
from datetime import date

from booking import catalogue
from booking.models import Booking
from lps.families.models import Child, Custody
from lps.kernel import clock
from voice.dialogue.facts import ChildFound, DaysJudged, FindChild, JudgeDays
from voice.services.town_side import TownSide


@dataclass(frozen=True)
class Pupil:
    """A child of one household, the key of a service in its menu, and a day that may be booked."""

    child: Child
    service: int
    key: str
    day: date

    @property
    def code(self) -> str:
        return self.child.child_code

    @property
    def keys(self) -> str:
        return f"{self.day:%d%m}"

    def stands(self) -> bool:
        return Booking.objects.standing().filter(child=self.child, activity=self.service, day=self.day).exists()


_used: set[int] = set()


def another_pupil() -> Pupil:
    """A child of one household alone, who may book, and whom nobody was given yet."""
    side, now = TownSide("test"), clock.now()
    activities = catalogue.read().activities
    for custody in Custody.objects.select_related("child").order_by("pk"):
        if custody.child_id in _used or Custody.objects.filter(child=custody.child_id).count() > 1:
            continue
        found = side.answer(FindChild(code=custody.child.child_code), at=now)
        if not isinstance(found, ChildFound):
            continue
        for rank, service in enumerate(found.services[:4], 1):
            judged = side.answer(JudgeDays(child=found.child, service=service.key), at=now)
            assert isinstance(judged, DaysJudged)
            free = [one.day for one in judged.days if not one.refusal and not one.booked]
            tied = any(service.key in tie for tie in catalogue.read().together | catalogue.read().incompatible)
            if free and not tied and activities[service.key]:
                _used.add(custody.child_id)
                return Pupil(custody.child, service.key, str(rank), free[-1])
    raise AssertionError("no child may book anything")
