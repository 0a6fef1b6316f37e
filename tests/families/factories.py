"""The cast of the tests: the MARSONE family, a second household for shared custody, strangers."""

from collections.abc import Sequence
from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange

from lps.families import services
from lps.families.models import Child, Household, SchoolClass, SchoolYear, Site, Teacher
from lps.families.services import NewChild, NewGuardian, NewHousehold
from lps.journal.actors import Actor
from lps.journal.channels import Channel

BY = Actor.system("essai")
ALWAYS = DateRange(date(2000, 1, 1), None)


def school_class(
    *, name: str = "CE1", title: str = "Mme", teacher: str = "Formatrice", site: str = "École des essais"
) -> SchoolClass:
    """A class; its year is long gone so that it never meets the demonstration's."""
    long_ago = DateRange(date(1900, 1, 1), date(1901, 1, 1))
    year, _ = SchoolYear.objects.get_or_create(name="essai", defaults={"during": long_ago})
    place, _ = Site.objects.get_or_create(name=site)
    person, _ = Teacher.objects.get_or_create(title=title, last_name=teacher)
    return SchoolClass.objects.get_or_create(
        name=name, site=place, school_year=year, defaults={"level": name, "teacher": person}
    )[0]


def new_household(
    *,
    name: str = "ESSAI",
    code: str = "",
    email: str = "parent@example.org",
    children: Sequence[NewChild] = (),
    custody: DateRange = ALWAYS,
) -> NewHousehold:
    """What is needed to enter a household of one paying guardian."""
    guardian = NewGuardian(title="Mme", first_name="Alice", last_name=name, email=email, is_payer=True)
    return NewHousehold(
        name=name, code=code, guardians=(guardian,), children=children, custody=custody, enrollment=ALWAYS
    )


def household(
    *,
    name: str = "ESSAI",
    code: str = "",
    email: str = "parent@example.org",
    children: Sequence[NewChild] = (),
    custody: DateRange = ALWAYS,
) -> Household:
    """A household of one paying guardian, entered."""
    new = new_household(name=name, code=code, email=email, children=children, custody=custody)
    return services.add_household(new=new, by=BY, channel=Channel.AUTOMATIC)


def child_of(home: Household) -> Child:
    """The first child of a household."""
    return Child.objects.filter(custodies__household=home).order_by("pk")[0]
