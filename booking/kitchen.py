"""How many meals to prepare: by day, school, class and diet, in one aggregate. Facts about food, never a religion."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from booking import catalogue
from booking.models import Booking
from booking.rules.deadlines import deadline
from lps.families.models import Child, Enrollment, HealthNote
from lps.families.rules.rollover import name_rank
from tenants import context


@dataclass(frozen=True, slots=True)
class Meals:
    """So many meals of one kind: of an activity, at a school, for a class, with these diets, own meal or not."""

    day: date
    activity_id: int
    activity: str
    site: str
    school_class: str
    diets: tuple[str, ...]
    own_meal: bool
    number: int

    @property
    def regime(self) -> str:
        """The diets in words: "sans porc, sans œuf", "panier repas", "sans régime"."""
        if self.own_meal:
            return _("panier repas")
        return ", ".join(self.diets) or _("sans régime")


def count(*, first_day: date, last_day: date, sites: Iterable[int] = (), activities: Iterable[int] = ()) -> list[Meals]:
    """The meals booked on these days, both included, by day, activity, school, class and diet: one statement.

    Of these schools and activities alone when some are given.
    """
    bookings = Booking.objects.standing().filter(day__range=(first_day, last_day), activity__is_meal=True)
    if wanted := list(sites):
        bookings = bookings.filter(service_day__site__in=wanted)
    if own := list(activities):
        bookings = bookings.filter(activity__in=own)
    rows = (
        bookings.annotate(school_class=_class_name(), diets=_diets(), own_meal=_own_meal())
        .values(
            "day",
            "activity",
            "activity__name",
            "activity__order",
            "service_day__site__name",
            "school_class",
            "diets",
            "own_meal",
        )
        .annotate(number=Count("pk"))
        .order_by("day", "activity__order", "activity", "service_day__site__name", "own_meal", "diets")
    )
    in_order = sorted(rows, key=_place)
    return [
        Meals(
            row["day"],
            row["activity"],
            row["activity__name"],
            row["service_day__site__name"],
            row["school_class"] or "",
            tuple(row["diets"]),
            row["own_meal"],
            row["number"],
        )
        for row in in_order
    ]


def _place(row: Mapping[str, Any]) -> tuple[object, ...]:
    """The order of a day's meals down to the class; what was in order within a class stays so."""
    activity = (row["activity__order"], row["activity"])
    return row["day"], activity, row["service_day__site__name"], name_rank(row["school_class"] or "")


def is_settled(meals: Meals, *, now: datetime) -> bool:
    """Whether neither booking nor canceling can change the number any more, for the families, at `now` (aware)."""
    facts = catalogue.read()
    rule, zone = facts.activities[meals.activity_id].rule, context.current().zone
    closings = (deadline(one, day=meals.day, calendar=facts.calendar, zone=zone) for one in (rule.book, rule.cancel))
    return max(closings) <= now


def _class_name() -> Subquery:
    sits = Enrollment.objects.filter(child=OuterRef("child"), valid_during__contains=OuterRef("day"))
    return Subquery(sits.order_by("pk").values("school_class__name")[:1])


def _diets() -> ArraySubquery:
    eats = Child.diets.through.objects.filter(child=OuterRef("child"))
    return ArraySubquery(eats.order_by("diet__order", "diet").values("diet__name"))


def _own_meal() -> Exists:
    """A child whose PAI says that it brings its own meal, in force that day."""
    in_force = Q(valid_until__isnull=True) | Q(valid_until__gte=OuterRef("day"))
    return Exists(HealthNote.objects.filter(in_force, child=OuterRef("child"), own_meal=True))
