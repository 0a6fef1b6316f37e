"""Families entered one by one at the counter, from the day on which they come."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from lps.families.models import Child, Household, SchoolClass
from lps.families.services.children import share_custody
from lps.families.services.guardians import HouseholdFacts
from lps.families.services.households import NewChild, NewGuardian, NewHousehold, add_child, add_household
from lps.journal.actors import Actor
from lps.journal.channels import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A child who comes, and the class that it joins, or None."""

    first_name: str
    last_name: str
    birth_date: date | None = None
    school_class: SchoolClass | None = None


def enter_family(
    *,
    home: HouseholdFacts,
    guardian: NewGuardian,
    child: Newcomer,
    today: date,
    by: Actor,
    channel: Channel = Channel.OFFICE,
) -> Household:
    """Enter a household with its payer and its first child, both with codes drawn for them."""
    return add_household(
        new=NewHousehold(
            name=home.name,
            street=home.street,
            postal_code=home.postal_code,
            city=home.city,
            guardians=[guardian],
            children=[_new(child)],
            custody=DateRange(today, None),
            enrollment=_seat(child.school_class, today),
        ),
        by=by,
        channel=channel,
    )


def enter_child(
    *, household: Household, child: Newcomer, today: date, by: Actor, channel: Channel = Channel.OFFICE
) -> Child:
    """Enter one more child in a household."""
    return add_child(
        household=household,
        new=_new(child),
        custody=DateRange(today, None),
        enrollment=_seat(child.school_class, today),
        by=by,
        channel=channel,
    )


def enter_second_home(
    *, child: Child, home: HouseholdFacts, guardian: NewGuardian, since: date, by: Actor
) -> Household:
    """Enter the other household of a child whose parents live apart."""
    days = DateRange(since, None)
    with transaction.atomic():
        household = add_household(
            new=NewHousehold(
                name=home.name,
                street=home.street,
                postal_code=home.postal_code,
                city=home.city,
                guardians=[guardian],
                custody=days,
                enrollment=days,
            ),
            by=by,
            channel=Channel.OFFICE,
        )
        share_custody(child=child, household=household, since=since, by=by)
    return household


def _new(child: Newcomer) -> NewChild:
    return NewChild(
        first_name=child.first_name,
        last_name=child.last_name,
        birth_date=child.birth_date,
        school_class=child.school_class,
    )


def _seat(school_class: SchoolClass | None, today: date) -> DateRange:
    """From today, or from the first day of a year to come, to the end of the year."""
    if school_class is None:
        return DateRange(today, None)
    during = school_class.school_year.during
    return DateRange(max(today, during.lower), during.upper)
