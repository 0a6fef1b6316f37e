"""Kitchen counts: a day by school and class, the days to come at a glance; as CSV and as PDF."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from booking import kitchen
from booking.kitchen import Meals
from booking.rights import COUNT_MEALS
from booking.views.agents.days import day_asked
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.kernel import clock
from lps.ui import downloads, pdf
from tenants import context

AHEAD = 14


@dataclass(slots=True)
class Row:
    """A class of a school for one activity: how many of each regime."""

    activity: str
    site: str
    school_class: str
    regimes: Counter[str] = field(default_factory=Counter)

    @property
    def place(self) -> str:
        """The activity and the school, that a table says once for all their classes."""
        return f"{self.activity}, {self.site}"

    @property
    def shares(self) -> list[tuple[str, int]]:
        """Each regime with its number, for a template (a Counter answers 0 to every name)."""
        return list(self.regimes.items())

    @property
    def total(self) -> int:
        return self.regimes.total()


@dataclass(frozen=True, slots=True)
class Place:
    """An activity at a school, its classes and all that its kitchen prepares."""

    name: str
    rows: list[Row]

    @property
    def shares(self) -> list[tuple[str, int]]:
        return _totals(self.rows)

    @property
    def total(self) -> int:
        return sum(row.total for row in self.rows)


@dataclass(slots=True)
class Day:
    """A day to come: how many meals, and whether the number can still change."""

    day: date
    number: int = 0
    settled: bool = True


@require_safe
@agent_required(COUNT_MEALS)
def counts(request: DoorRequest) -> HttpResponse:
    """The meals of a day, and of the two weeks from it."""
    day, is_bad = day_asked(request.GET.get("jour", ""))
    meals = _meals(request, first_day=day, last_day=day + timedelta(days=AHEAD - 1))
    rows = _rows(one for one in meals if one.day == day)
    facts = {
        "day": day,
        "bad_day": is_bad,
        "places": _places(rows),
        "totals": _totals(rows),
        "days": _days(meals),
        "previous": day - timedelta(days=1),
        "next": day + timedelta(days=1),
    }
    return render(request, "booking/office/kitchen.html", facts)


@require_safe
@agent_required(COUNT_MEALS)
def as_csv(request: DoorRequest) -> HttpResponse:
    """The same lines as a table that a French spreadsheet opens."""
    day, _is_bad = day_asked(request.GET.get("jour", ""))
    lines = [
        (one.day, one.activity, one.site, one.school_class, one.regime, one.number)
        for one in _meals(request, first_day=day, last_day=day)
    ]
    head = ("jour", "activité", "école", "classe", "régime", "repas")
    return downloads.csv([head, *lines], name=f"repas-{day:%Y-%m-%d}")


@require_safe
@agent_required(COUNT_MEALS)
def as_pdf(request: DoorRequest) -> HttpResponse:
    """The same on paper, for the kitchen's wall."""
    day, _is_bad = day_asked(request.GET.get("jour", ""))
    rows = _rows(_meals(request, first_day=day, last_day=day))
    facts = {
        "commune": context.current(),
        "day": day,
        "places": _places(rows),
        "totals": _totals(rows),
        "now": clock.now(),
    }
    return downloads.paper(pdf.render("booking/office/kitchen_paper.html", facts), name=f"repas-{day:%Y-%m-%d}")


def _rows(meals: Iterable[Meals]) -> list[Row]:
    found: dict[tuple[str, str, str], Row] = {}
    for one in meals:
        key = (one.activity, one.site, one.school_class)
        found.setdefault(key, Row(*key)).regimes[one.regime] += one.number
    return list(found.values())


def _places(rows: list[Row]) -> list[Place]:
    """The rows by activity and school, in the order they came."""
    return [Place(name, list(found)) for name, found in groupby(rows, key=lambda row: row.place)]


def _totals(rows: Iterable[Row]) -> list[tuple[str, int]]:
    return list(sum((row.regimes for row in rows), Counter[str]()).items())


def _days(meals: Iterable[Meals]) -> list[Day]:
    now, found = clock.now(), dict[date, Day]()
    for one in meals:
        shown = found.setdefault(one.day, Day(one.day))
        shown.number += one.number
        shown.settled = shown.settled and kitchen.is_settled(one, now=now)
    return list(found.values())


def _meals(request: DoorRequest, *, first_day: date, last_day: date) -> list[Meals]:
    """The meals of the agent's schools and activities."""
    agent = request.actor
    assert isinstance(agent, Agent)
    return kitchen.count(first_day=first_day, last_day=last_day, sites=agent.sites, activities=agent.activities)
