"""Demo in the autumn of 2014: what its families are offered then, the cast, and how they ask.

Deadline: the eve, 17:00. School holidays of zone C from 18 October to 2 November and from 20 December on; 11 November
and 25 December are public holidays.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.test import Client

from booking import catalogue
from booking.models import Activity, Booking, Closure, JournalEntry, PublicHoliday, Receipt, SchoolVacation, ServiceDay
from booking.rules.planning import NO_POWERS, Cell, Change, PlanningRefusal
from booking.services import closures
from booking.services.bookings import Saved, change_bookings
from booking.services.closures import Scope
from booking.services.days import Materialized, materialize
from lps.families.identity import actor_of
from lps.families.models import Child, Custody, Enrollment, Household, SchoolClass
from lps.families.services import NewChild, NewClass, add_classes, open_school_year, share_child
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from tenants.town.services import renew_catalogue_stamp
from tests.families.factories import ALWAYS, BY, household

PARIS = ZoneInfo("Europe/Paris")
FIRST, LAST = date(2014, 10, 6), date(2014, 12, 31)
MORNING, EVENING, CANTEEN = "Accueil Matin", "Accueil Soir", "Cantine ADULTE"
BUS_8H30, BUS_11H30, BUS_13H30, BUS_16H30 = (
    f"Transport scolaire {hour}" for hour in ("8h30", "11h30", "13h30", "16h30")
)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = range(6)
LUNDI_13, MARDI_14, JEUDI_16, VENDREDI_17 = (date(2014, 10, day) for day in (13, 14, 16, 17))
TOUSSAINT, NOEL = (date(2014, 10, 18), date(2014, 11, 2)), (date(2014, 12, 20), date(2015, 1, 4))
ARMISTICE = date(2014, 11, 11)


def paris(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant by the clock of Paris."""
    return datetime.combine(day, time(hour, minute), PARIS).astimezone(UTC)


NOW = paris(date(2014, 10, 8), 13, 20)


@dataclass(frozen=True, slots=True)
class Autumn:
    """The commune that autumn: its activities by their names, its two classes."""

    activities: dict[str, int]
    ce1: SchoolClass
    ce2: SchoolClass

    @classmethod
    def made(cls, marsone: Household) -> "Autumn":
        """Calendar, classes with the MARSONE children in them, and the days of every activity."""
        for name, (first_day, last_day) in (("Vacances de la Toussaint", TOUSSAINT), ("Vacances de Noël", NOEL)):
            SchoolVacation.objects.create(name=name, first_day=first_day, last_day=last_day)
        for day, name in ((ARMISTICE, "11 novembre"), (date(2014, 12, 25), "Jour de Noël")):
            PublicHoliday.objects.create(day=day, name=name)
        renew_catalogue_stamp()
        year = open_school_year(first_day=date(2014, 9, 1), last_day=date(2015, 8, 31))
        ce1, ce2 = add_classes([_class("CE1", "Mme", "Formatrice"), _class("CE2", "Mr", "Formateur")], school_year=year)
        Custody.objects.filter(household=marsone).update(valid_during=ALWAYS)
        for name, born, school_class in (("Angéline", date(2007, 3, 9), ce1), ("Bertrand", date(2006, 6, 21), ce2)):
            child = Child.objects.get(first_name=name)
            Child.objects.filter(pk=child.pk).update(birth_date=born)
            Enrollment.objects.create(child=child, school_class=school_class, valid_during=year.during)
        make_days()
        names = {activity.name: activity.pk for activity in catalogue.read().activities.values()}
        return cls(names, ce1, ce2)

    def cell(self, name: str, day: date) -> Cell:
        """One activity on one day."""
        return Cell(self.activities[name], day)

    def book(self, name: str, *days: date, seen: bool | None = False) -> list[Change]:
        """Wishes to book these days."""
        return [Change(self.cell(name, day), True, seen) for day in days]

    def cancel(self, name: str, *days: date, seen: bool | None = True) -> list[Change]:
        """Wishes to leave these days."""
        return [Change(self.cell(name, day), False, seen) for day in days]

    def held(self, name: str, day: date) -> ServiceDay:
        """The day of the MARSONE children's school."""
        return ServiceDay.objects.get(activity=self.activities[name], day=day, site=self.ce1.site_id)

    def places(self, name: str, day: date, number: int | None) -> ServiceDay:
        """Set how many places a day has."""
        ServiceDay.objects.filter(activity=self.activities[name], day=day).update(places=number)
        return self.held(name, day)

    def pattern(self, name: str, **facts: object) -> None:
        """Change an activity as the catalogue's pages would."""
        Activity.objects.filter(pk=self.activities[name]).update(**facts)
        renew_catalogue_stamp()


def _class(name: str, title: str, teacher: str) -> NewClass:
    return NewClass(name=name, level=name, school="École de démonstration", teacher_title=title, teacher_name=teacher)


def make_days() -> Materialized:
    """Make the days of that autumn again."""
    return materialize(first_day=FIRST, last_day=LAST)


def closed(first_day: date, last_day: date, reason: str, **where: int) -> Closure:
    """Close these days; `where` names a school, a class, an activity by their keys."""
    scope = Scope(first_day=first_day, last_day=last_day, **where)
    return closures.close(scope=scope, reason=reason, by=BY, at=NOW, tell=False)


def ask(
    child: Child,
    home: Household,
    changes: Iterable[Change],
    *,
    at: datetime = NOW,
    jeton: uuid.UUID | None = None,
    powers: frozenset[PlanningRefusal] = NO_POWERS,
    powers_since: date = date.min,
) -> Saved:
    """A save through the one action."""
    return change_bookings(
        child=child,
        household=home,
        changes=list(changes),
        by=actor_of(home),
        channel=Channel.WEB,
        received_at=at,
        jeton=jeton or uuid.uuid4(),
        powers=powers,
        powers_since=powers_since,
        reason="essai" if powers else "",
    )


def codes(refused: Iterable[tuple[Change, Refusal]]) -> list[str]:
    """Why each change was refused."""
    return [str(refusal.code) for _, refusal in refused]


def standing(child: Child, activity: int) -> list[date]:
    """The days booked of an activity."""
    rows = Booking.objects.standing().filter(child=child, activity=activity, day__range=(FIRST, LAST))
    return sorted(rows.values_list("day", flat=True))


def written() -> tuple[int, int, int]:
    """How many bookings that stand, receipts and journal entries there are: a refusal changes none."""
    return Booking.objects.standing().count(), Receipt.objects.count(), JournalEntry.objects.count()


def other_household(child: Child) -> Household:
    """The father's: it has the child too (garde partagée)."""
    home = household(name="DURAND", code="72000001", email="durand@example.org")
    share_child(child=child, household=home, custody=ALWAYS, by=BY, channel=Channel.OFFICE)
    return home


def stranger(school_class: SchoolClass) -> Household:
    """Another family of the same class."""
    child = NewChild(first_name="Zoé", last_name="AUTRE", code="81000001", school_class=school_class)
    return household(name="AUTRE", code="82000001", email="autre@example.org", children=[child])


def signed_in(home: Household, child: Child) -> Client:
    """A browser in which this household is signed in."""
    client = Client(headers={"host": "demo.localhost"})
    client.post("/", {"child_code": child.child_code, "family_code": home.family_code})
    return client
