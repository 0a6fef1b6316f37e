"""The agents' first page, put together: only what this agent may see, of its own schools and activities."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import dateformat
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking import overview, sentences
from booking.kitchen import Meals
from booking.overview import NextClosing, PastWeeks, Reach, Tile
from booking.rights import COUNT_MEALS, READ_DAY
from lps.accounts.actors import Agent
from lps.accounts.rights import allowed
from lps.office import watching
from lps.ui.bars import Bar, Chart
from tenants import context

DAYS = 14


@dataclass(frozen=True, slots=True)
class Activity:
    """A tile: an activity of today, and what is written under its number."""

    tile: Tile
    words: str


@dataclass(frozen=True, slots=True)
class Watched:
    """Something to look at: how many, and the list that mends it."""

    words: str
    number: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """What the page shows; parts that the agent may not see are empty."""

    activities: Sequence[Activity] = ()
    closing: str = ""
    silent: str = ""
    silent_url: str = ""
    meals: Chart | None = None
    meals_rows: Sequence[overview.MealsOfDay] = ()
    watched: Sequence[Watched] = ()
    weeks: PastWeeks | None = None
    filling: Chart | None = None


def read(agent: Agent, *, now: datetime) -> Dashboard:
    """The page at `now` (aware): eight statements at most, whatever the size of the town."""
    reach = Reach(sites=agent.sites, activities=agent.activities)
    today = now.astimezone(context.current().zone).date()
    with_days, with_meals = allowed(agent, READ_DAY), allowed(agent, COUNT_MEALS)
    meals = overview.meals_from(today, days=DAYS, reach=reach) if with_meals else []
    closing = overview.next_closing(now=now, reach=reach) if with_days else None
    asked = watching.asked_by(agent, now=now, closing=closing)
    watched = watching.seen_by(agent, asked)
    found = overview.numbers({slug: watch.rows(asked) for slug, watch in watched.items()})
    rows = overview.by_day(meals, now=now)
    weeks = overview.past_weeks(today, reach=reach) if with_days else None
    silent = found.pop(watching.SILENT, 0)
    return Dashboard(
        activities=_activities(today, reach, meals) if with_days else (),
        closing=_closing(closing, today) if closing else "",
        silent=_silent(silent) if closing and silent else "",
        silent_url=watching.url_of(watching.SILENT),
        meals=_meals_chart(rows) if rows else None,
        meals_rows=rows,
        watched=[
            Watched(str(watched[slug].words), number, watching.url_of(slug)) for slug, number in found.items() if number
        ],
        weeks=weeks if weeks and weeks.activities else None,
        filling=_filling_chart(weeks) if weeks and weeks.activities else None,
    )


def _activities(today: date, reach: Reach, meals: Sequence[Meals]) -> list[Activity]:
    regimes: dict[int, Counter[str]] = {}
    for one in meals:
        if one.day == today and (one.diets or one.own_meal):
            regimes.setdefault(one.activity_id, Counter())[one.regime] += one.number
    tiles = overview.tiles(today, reach=reach)
    return [Activity(tile, _under(tile, regimes.get(tile.activity_id, Counter()))) for tile in tiles]


def _under(tile: Tile, regimes: Counter[str]) -> str:
    """ "sur 240 places · 14 sans porc, 3 panier repas", "complet · 4 en attente"."""
    if tile.places is None:
        parts = [_("sans limite de places")]
    elif tile.is_full:
        words = ngettext("complet, %(places)s place", "complet, %(places)s places", tile.places)
        parts = [words % {"places": tile.places}]
    else:
        parts = [ngettext("sur %(places)s place", "sur %(places)s places", tile.places) % {"places": tile.places}]
    if tile.waiting:
        parts.append(_("%(number)s en attente") % {"number": tile.waiting})
    if regimes:
        parts.append(", ".join(f"{number} {name}" for name, number in regimes.most_common(4)))
    return " · ".join(parts)


def _closing(closing: NextClosing, today: date) -> str:
    """ "Les choix de la semaine 48 ferment jeudi à 17h00"."""
    local = closing.closes_at.astimezone(context.current().zone)
    hour = sentences.clock_words(local.time())
    names = {today: _("aujourd'hui"), today + timedelta(days=1): _("demain")}
    day = names.get(local.date()) or (
        str(WEEKDAYS[local.weekday()])
        if local.date() - today < timedelta(days=7)
        else f"{dateformat.format(local, 'l')} {local:%d/%m}"
    )
    if closing.week is not None:
        return _("Les choix de la semaine %(week)s ferment %(day)s à %(hour)s.") % {
            "week": closing.week,
            "day": day,
            "hour": hour,
        }
    return _("Les choix du %(what)s ferment %(day)s à %(hour)s.") % {
        "what": sentences.named_day(closing.days[0]),
        "day": day,
        "hour": hour,
    }


def _silent(number: int) -> str:
    words = ngettext(
        "%(number)s famille n'a encore rien réservé.", "%(number)s familles n'ont encore rien réservé.", number
    )
    return words % {"number": number}


def _meals_chart(rows: Sequence[overview.MealsOfDay]) -> Chart:
    told = ", ".join(f"{sentences.named_day(one.day)} {one.number}" for one in rows)
    bars = [Bar(name=_named(one.day), value=one.number, text=str(one.number), pale=not one.settled) for one in rows]
    return Chart(_("Repas réservés par jour : %(told)s") % {"told": told}, bars)


def _filling_chart(weeks: PastWeeks) -> Chart:
    """In percent of the places where some are limited, else in bookings."""
    bars, told = [], []
    for monday in weeks.mondays:
        total = weeks.total(monday)
        value = (total.percent or 0) if weeks.is_limited else total.booked
        text = f"{value}\u00a0%" if weeks.is_limited else str(value)
        number = monday.isocalendar().week
        bars.append(Bar(name=(_("sem."), str(number)), value=value, text=text))
        told.append(_("semaine %(week)s %(value)s") % {"week": number, "value": text})
    title = (
        _("Taux de remplissage par semaine : %(told)s")
        if weeks.is_limited
        else _("Réservations par semaine : %(told)s")
    )
    return Chart(title % {"told": ", ".join(told)}, bars, full=100 if weeks.is_limited else 0)


def _named(day: date) -> tuple[str, str]:
    """ "lu", "17"."""
    return str(WEEKDAYS[day.weekday()])[:2], str(day.day)
