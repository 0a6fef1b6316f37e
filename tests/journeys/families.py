"""The families of the demonstration, their days, and what stands in their planning before a journey."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from booking import catalogue
from booking.models import Booking, Receipt, ServiceDay
from booking.rules.planning import Cell, Change
from booking.services.bookings import change_bookings
from lps.families.models import Custody
from lps.families.queries.doors import custody_by_codes
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from tests.live import Site
from tests.zone import PARIS

Wanted = Mapping[tuple[str, date], bool]


@dataclass(frozen=True, slots=True)
class Family:
    """A family by the codes of its letter: those of one child and its own."""

    slug: str
    child: str
    family: str

    @property
    def codes(self) -> dict[str, str]:
        """What is typed to come in."""
        return {"child": self.child, "family": self.family}

    def custody(self) -> Custody:
        """The child in its household; inside the commune."""
        found = custody_by_codes(child_code=self.child, family_code=self.family, day=clock.today(PARIS))
        assert found is not None
        return found


ANGELINE = Family("demo", "123456", "654321")
BERTRAND = Family("demo", "123457", "654321")
OF_BUCHELAY = Family("buchelay", "48291573", "73026418")


def days_to_come(site: Site, family: Family, activity: str, *, number: int) -> list[date]:
    """The next days of an activity whose deadline is far, at the child's school."""
    with site.inside(family.slug):
        held = ServiceDay.objects.filter(activity__name=activity, open=True, day__gte=soon())
        return sorted(set(held.values_list("day", flat=True)))[:number]


def two_days_of_a_week(site: Site, family: Family, activity: str) -> list[date]:
    """The next two such days of one week: a page that shows one shows the other."""
    found = days_to_come(site, family, activity, number=60)
    return next([one, other] for one, other in pairwise(found) if one.isocalendar()[:2] == other.isocalendar()[:2])


def soon() -> date:
    """A week from now: no deadline of the eve passes while a test runs, even before a long weekend."""
    return clock.today(PARIS) + timedelta(days=7)


def let_stand(site: Site, family: Family, wanted: Wanted, *, at: datetime | None = None) -> None:
    """Bring cells to what a journey starts from; as if asked at an instant, where the days are not open yet."""
    with site.inside(family.slug):
        keys = {activity.name: activity.pk for activity in catalogue.read().activities.values()}
        custody = family.custody()
        saved = change_bookings(
            child=custody.child,
            household=custody.household,
            changes=[Change(Cell(keys[name], day), booked) for (name, day), booked in wanted.items()],
            by=Actor.system("essai"),
            channel=Channel.AUTOMATIC,
            received_at=at or clock.now(),
            jeton=uuid.uuid4(),
        )
        assert saved.refused == ()


def booked(site: Site, family: Family, activity: str) -> set[date]:
    """The days that stand booked for the child, from a few days on."""
    with site.inside(family.slug):
        standing = Booking.objects.standing().filter(child=family.custody().child, activity__name=activity)
        return set(standing.filter(day__gte=soon()).values_list("day", flat=True))


def receipts(site: Site, family: Family) -> int:
    """How many receipts the household has."""
    with site.inside(family.slug):
        return Receipt.objects.filter(household=family.custody().household).count()
