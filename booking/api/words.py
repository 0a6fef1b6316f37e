"""Deadlines for software: the rule in a French sentence, and the same in data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking import sentences
from booking.rules import deadlines
from booking.rules.deadlines import Closing, DeadlineRule, FixedDate, Opening, Rolling, Weekly

# The names under which a rule's parts leave: all that `deadlines.to_json` writes.
NAMES = {
    "type": "type",
    "weekday": "jour_semaine",
    "at": "heure",
    "weeks_before": "semaines_avant",
    "on_holiday": "jour_ferie",
    "without_school": "sans_ecole",
    "days": "jours",
    "kind": "sorte_de_jours",
    "day": "jour",
    "weeks": "semaines",
}


def told(rule: DeadlineRule, *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Until when one books, until when one cancels, and from when one books."""
    written = deadlines.to_json(rule)
    return {
        "reserver": {"texte": closing_words(rule.book, zone=zone, now=now), "regle": _renamed(written["book"])},
        "annuler": {"texte": closing_words(rule.cancel, zone=zone, now=now), "regle": _renamed(written["cancel"])},
        "ouverture": {"texte": opening_words(rule.opening, zone=zone), "regle": _renamed(written["opening"])},
    }


def closing_words(closing: Closing, *, zone: ZoneInfo, now: datetime) -> str:
    """A deadline as a rule: "Modifiable jusqu'au jeudi de la semaine précédente, 17h00"."""
    if isinstance(closing, Weekly):
        return _weekly_words(closing)
    closes_at = deadlines.instant(closing.day, closing.at, zone) if isinstance(closing, FixedDate) else now
    return sentences.rule_sentence(deadlines.describe(closing), closes_at=closes_at, zone=zone)


def opening_words(opening: Opening, *, zone: ZoneInfo) -> str:
    """From when a day may be booked."""
    if isinstance(opening, Rolling):
        weeks = ngettext("%(number)s semaine", "%(number)s semaines", opening.weeks) % {"number": opening.weeks}
        return _("Réservable %(weeks)s avant") % {"weeks": weeks}
    when = sentences.at(deadlines.instant(opening.day, opening.at, zone), zone)
    return _("Réservable à partir du %(when)s") % {"when": when}


def _weekly_words(closing: Weekly) -> str:
    facts = {
        "weekday": sentences.weekday_name(closing.weekday).lower(),
        "hour": sentences.clock_words(closing.at),
        "weeks": closing.weeks_before,
    }
    if closing.weeks_before == 0:
        return _("Modifiable jusqu'au %(weekday)s de la même semaine, %(hour)s") % facts
    if closing.weeks_before == 1:
        return _("Modifiable jusqu'au %(weekday)s de la semaine précédente, %(hour)s") % facts
    return _("Modifiable jusqu'au %(weekday)s, %(weeks)s semaines avant, %(hour)s") % facts


def _renamed(written: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a rule in French names, weekdays counted from Monday, 1."""
    renamed = {NAMES[name]: value for name, value in written.items()}
    if "jour_semaine" in renamed:
        renamed["jour_semaine"] += 1
    return renamed
