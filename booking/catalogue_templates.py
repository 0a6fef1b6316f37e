"""Catalogue templates: what a commune starts with, before its agents make it theirs."""

from datetime import time

from booking.models import Season
from booking.rules.calendar import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY
from booking.rules.deadlines import Closing, DaysBefore, DeadlineRule, Weekly
from booking.services.catalogue import NewActivity, NewGroup

SCHOOL_DAYS = (MONDAY, TUESDAY, THURSDAY, FRIDAY)
WEEK = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
DAY_BEFORE = DaysBefore(days=1, at=time(17))
THURSDAY_BEFORE = Weekly(weekday=THURSDAY, at=time(17))


def standard(
    closing: Closing, *, with_canteen: bool, midday_weekdays: tuple[int, ...] = (WEDNESDAY,)
) -> list[NewGroup]:
    """The groups of a town of some thousand inhabitants, all under one deadline for booking and canceling."""
    rule = DeadlineRule(book=closing, cancel=closing)
    groups = [
        NewGroup(
            name="PERISCOLAIRE",
            slug="periscolaire",
            rule=rule,
            activities=(
                NewActivity(name="Accueil Matin", weekdays=SCHOOL_DAYS),
                NewActivity(name="Accueil 12h15", weekdays=midday_weekdays),
                NewActivity(name="Accueil Soir", weekdays=SCHOOL_DAYS),
            ),
        ),
        NewGroup(
            name="TRANSPORT",
            slug="transport",
            rule=rule,
            activities=tuple(
                NewActivity(name=f"Transport scolaire {hour}", weekdays=SCHOOL_DAYS)
                for hour in ("8h30", "11h30", "13h30", "16h30")
            ),
        ),
        NewGroup(
            name="Cantine ADULTE",
            slug="cantine-adulte",
            rule=rule,
            activities=(NewActivity(name="Cantine ADULTE", weekdays=SCHOOL_DAYS, is_meal=True),),
        ),
        NewGroup(
            name="MERCREDI",
            slug="mercredi",
            rule=rule,
            activities=(NewActivity(name="Mercredi", weekdays=(WEDNESDAY,)),),
        ),
        NewGroup(
            name="PETITES VACANCES",
            slug="petites-vacances",
            rule=rule,
            activities=(NewActivity(name="Petites vacances", weekdays=WEEK, season=Season.SHORT_VACATION),),
        ),
        NewGroup(
            name="GRANDES VACANCES",
            slug="grandes-vacances",
            rule=rule,
            activities=(NewActivity(name="Grandes vacances", weekdays=WEEK, season=Season.SUMMER),),
        ),
    ]
    if with_canteen:
        canteen = (NewActivity(name="Cantine", weekdays=SCHOOL_DAYS, is_meal=True),)
        groups.insert(1, NewGroup(name="CANTINE", slug="cantine", rule=rule, activities=canteen))
    return groups


TEMPLATES = {
    "jeudi-17h": standard(THURSDAY_BEFORE, with_canteen=True),
    "veille-17h": standard(DAY_BEFORE, with_canteen=False),
}
"""By name, for the vendor's form and command."""
# Raised with each change of a template: a commune keeps the one that it was opened with, and the console says which.
VERSIONS = {"jeudi-17h": 1, "veille-17h": 1}
