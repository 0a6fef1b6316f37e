"""The French sentences of bookings: why a change is refused, until when a day may be changed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.rules.deadlines import (
    Closing,
    DayKind,
    DaysBefore,
    DeadlineRule,
    Description,
    FixedDate,
    FixedOpening,
    Opening,
    Rolling,
    SameDay,
    Weekly,
    Wording,
)
from booking.rules.periods import PeriodRefusal
from booking.rules.planning import PlanningRefusal
from lps.journal.channels import Channel

NO_NAMES: Mapping[int, str] = {}


def refusal_sentence(
    code: str, facts: Mapping[str, Any], *, zone: ZoneInfo, names: Mapping[int, str] = NO_NAMES
) -> str:
    """Why a change was refused, in the parent's words. `facts` may come back from JSON (instants as text).

    `names` gives the activities that a tie names.
    """
    match code:
        case PlanningRefusal.TOO_LATE:
            return _("trop tard, la date limite était %(when)s") % {"when": at(_instant(facts["closed_at"]), zone)}
        case PlanningRefusal.NOT_YET_OPEN:
            return _("pas encore ouvert, réservable à partir du %(when)s") % {
                "when": at(_instant(facts["opens_at"]), zone)
            }
        case PlanningRefusal.FULL:
            return _("complet, il n'y a plus de place ce jour-là")
        case PlanningRefusal.NO_SERVICE:
            return _("l'activité n'est pas ouverte ce jour-là")
        case PlanningRefusal.NOT_ENTITLED:
            return _("cette activité n'est pas ouverte à cet enfant")
        case PlanningRefusal.OTHER_HOUSEHOLD:
            return _("réservé par l'autre foyer") if facts.get("booked") else _("ce jour revient à l'autre foyer")
        case PlanningRefusal.CHANGED_MEANWHILE:
            return _("ce jour a changé entre-temps, vérifiez-le ci-dessous")
        case PlanningRefusal.INCOMPATIBLE:
            return _("incompatible avec %(activity)s le même jour") % {"activity": _named(facts, names)}
        case PlanningRefusal.TOGETHER:
            return _("va avec %(activity)s le même jour") % {"activity": _named(facts, names)}
        case _:
            return _("cette activité n'existe plus")


def period_refusal_sentence(code: str, facts: Mapping[str, Any], *, zone: ZoneInfo) -> str:
    """Why a period is not or cannot be chosen."""
    match code:
        case PeriodRefusal.ALREADY_CHOSEN:
            return _("Période déjà validée (non modifiable)")
        case PeriodRefusal.NOT_YET_OPEN:
            return _("À choisir à partir du %(when)s") % {"when": at(facts["opens_at"], zone)}
        case PeriodRefusal.TOO_LATE:
            return _("Trop tard pour choisir, depuis le %(when)s") % {"when": at(facts["closed_at"], zone)}
        case PeriodRefusal.NO_DAY:
            return _("Cochez au moins un jour de la semaine, puis enregistrez.")
        case _:
            return _("Aucun de ces jours ne peut plus être réservé : la période n'est pas validée.")


def done_by(*, author: str, channel: Channel, passed_over: Iterable[str] = (), reason: str = "") -> str:
    """Who changed it and by where: "web", "Claire RÉGIE, mairie, après la date limite : enfant malade"."""
    if channel != Channel.OFFICE:
        return str(channel.label)
    said = ", ".join((author, str(channel.label), *map(_passed_over, sorted(passed_over))))
    return f"{said}\u00a0: {reason}" if reason else said


def _passed_over(code: str) -> str:
    match code:
        case PlanningRefusal.TOO_LATE:
            return _("après la date limite")
        case PlanningRefusal.NOT_YET_OPEN:
            return _("avant l'ouverture")
        case PlanningRefusal.NOT_ENTITLED:
            return _("hors des droits d'accès")
        case _:
            return _("un jour de l'autre foyer")


def weekday_name(weekday: int) -> str:
    """ "Lundi" for 0."""
    return str(WEEKDAYS[weekday]).capitalize()


def weekday_names(weekdays: Iterable[int]) -> str:
    """ "lundi, jeudi"."""
    return ", ".join(str(WEEKDAYS[weekday]) for weekday in weekdays)


def _named(facts: Mapping[str, Any], names: Mapping[int, str]) -> str:
    return names.get(facts["activity"]) or _("une autre activité")


def lock_reason(code: str, facts: Mapping[str, Any], *, zone: ZoneInfo) -> str:
    """Why a cell cannot be changed, in a few words for its tile."""
    if code == PlanningRefusal.TOO_LATE:
        return _("date limite passée")
    return refusal_sentence(code, facts, zone=zone)


def rule_sentence(described: Description, *, closes_at: datetime, zone: ZoneInfo) -> str:
    """Until when a week may be changed: its one instant, or the rule that each of its days follows."""
    hour = clock_words(described.at)
    match described.wording:
        case Wording.WEEK | Wording.DATE:
            return _("Modifiable jusqu'au %(when)s") % {"when": at(closes_at, zone)}
        case Wording.SAME_DAY:
            return _("Modifiable jusqu'au jour même, %(hour)s") % {"hour": hour}
        case Wording.DAYS_BEFORE:
            return _days_before(described.days, described.kind, hour)


def closing_words(closing: Closing) -> str:
    """Any deadline in general: "la veille à 17h00", "le jeudi à 17h00 de la semaine précédente"."""
    hour = clock_words(closing.at)
    match closing:
        case Weekly():
            facts = {"weekday": WEEKDAYS[closing.weekday], "hour": hour, "number": closing.weeks_before}
            if closing.weeks_before == 0:
                return _("le %(weekday)s de la même semaine à %(hour)s") % facts
            if closing.weeks_before == 1:
                return _("le %(weekday)s de la semaine précédente à %(hour)s") % facts
            return _("le %(weekday)s, %(number)s semaines avant, à %(hour)s") % facts
        case SameDay():
            return _("le jour même à %(hour)s") % {"hour": hour}
        case FixedDate():
            return _("le %(day)s à %(hour)s") % {"day": f"{named_day(closing.day)}/{closing.day:%Y}", "hour": hour}
        case DaysBefore(days=1, kind=DayKind.CALENDAR):
            return _("la veille à %(hour)s") % {"hour": hour}
        case DaysBefore():
            return _("%(days)s avant, à %(hour)s") % {"days": _number_of_days(closing.days, closing.kind), "hour": hour}


def opening_words(opening: Opening) -> str:
    """From when one may book: "13 semaines avant", "le lundi 02/06/2026 à 9h00"."""
    match opening:
        case Rolling():
            return ngettext("%(weeks)s semaine avant", "%(weeks)s semaines avant", opening.weeks) % {
                "weeks": opening.weeks
            }
        case FixedOpening():
            day = f"{named_day(opening.day)}/{opening.day:%Y}"
            return _("le %(day)s à %(hour)s") % {"day": day, "hour": clock_words(opening.at)}


def rule_words(rule: DeadlineRule) -> str:
    """A whole rule in a sentence."""
    facts = {
        "book": closing_words(rule.book),
        "cancel": closing_words(rule.cancel),
        "opening": opening_words(rule.opening),
    }
    if rule.book == rule.cancel:
        return _("Réserver et annuler\u00a0: au plus tard %(book)s. Ouverture\u00a0: %(opening)s.") % facts
    words = _(
        "Réserver\u00a0: au plus tard %(book)s. Annuler\u00a0: au plus tard %(cancel)s. Ouverture\u00a0: %(opening)s."
    )
    return words % facts


def day_sentence(day: date, *, closes_at: datetime, today: date, zone: ZoneInfo) -> str:
    """The hour of the day that closes next: "Jeudi 09/10 : modifiable jusqu'à aujourd'hui 17h00"."""
    closing = closes_at.astimezone(zone)
    hour = clock_words(closing.time())
    named = named_day(day).capitalize()
    if closing.date() == today:
        return _("%(day)s\u00a0: modifiable jusqu'à aujourd'hui %(hour)s") % {"day": named, "hour": hour}
    if closing.date() == today + timedelta(days=1):
        return _("%(day)s\u00a0: modifiable jusqu'à demain %(hour)s") % {"day": named, "hour": hour}
    return _("%(day)s\u00a0: modifiable jusqu'au %(when)s") % {"day": named, "when": at(closes_at, zone)}


def offer_sentence(activity: str, day: date, *, accept_by: datetime, zone: ZoneInfo) -> str:
    """A place held for somebody who waits, and until when."""
    facts = {"activity": activity, "day": named_day(day), "when": at(accept_by, zone)}
    return _("Place proposée\u00a0: %(activity)s, %(day)s. Cochez-la et validez avant le %(when)s.") % facts


def waiting_refusal_sentence(
    code: str, facts: Mapping[str, Any], *, zone: ZoneInfo, names: Mapping[int, str] = NO_NAMES
) -> str:
    """Why one cannot wait for a day. `names` gives the activities that a tie names."""
    if code == "not_full":
        return _("il reste une place\u00a0: réservez-la dans le planning")
    if code == "other_waits":
        return _("l'autre foyer de cet enfant attend déjà une place ce jour-là")
    return refusal_sentence(code, facts, zone=zone, names=names)


def tie_words(kind: str, *, one: str, other: str) -> str:
    """What two activities ask of one another."""
    if kind == "incompatible":
        return _("%(one)s et %(other)s\u00a0: jamais le même jour") % {"one": one, "other": other}
    return _("%(one)s et %(other)s\u00a0: toujours ensemble") % {"one": one, "other": other}


def named_day(day: date) -> str:
    """ "mardi 11/11"."""
    return f"{dateformat.format(day, 'l')} {day:%d/%m}"


def at(instant: datetime, zone: ZoneInfo) -> str:
    """An instant on the commune's walls: "jeudi 09/10 à 17h00"."""
    local = instant.astimezone(zone)
    return f"{dateformat.format(local, 'l')} {local:%d/%m} à {clock_words(local.time())}"


def clock_words(wall: time) -> str:
    """ "17h00"."""
    return f"{wall.hour}h{wall.minute:02}"


def time_left(left: timedelta) -> str:
    """ "3 h 40", "12 min"; at least one minute."""
    minutes = max(1, int(left.total_seconds() + 59) // 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}\u00a0h\u00a0{minutes:02}" if hours else f"{minutes}\u00a0min"


def _days_before(days: int, kind: DayKind, hour: str) -> str:
    if kind is DayKind.CALENDAR and days == 1:
        return _("Modifiable jusqu'à la veille, %(hour)s") % {"hour": hour}
    return _("Modifiable jusqu'à %(days)s avant, %(hour)s") % {"days": _number_of_days(days, kind), "hour": hour}


def _number_of_days(days: int, kind: DayKind) -> str:
    names = {
        DayKind.CALENDAR: ngettext("%(number)s jour", "%(number)s jours", days),
        DayKind.WORKING: ngettext("%(number)s jour ouvré", "%(number)s jours ouvrés", days),
        DayKind.SCHOOL: ngettext("%(number)s jour d'école", "%(number)s jours d'école", days),
    }
    return names[kind] % {"number": days}


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def document_refusal(code: str) -> str:
    """Why a document is not kept, and what to do."""
    match code:
        case "empty":
            return _("Ce fichier est vide : choisissez-en un autre.")
        case "too_heavy":
            return _("Ce fichier dépasse 8 Mo : envoyez une photo plus petite ou un PDF plus léger.")
        case "too_large":
            return _("Cette image est trop grande : envoyez une photo prise avec un téléphone.")
        case _:
            return _("Ce fichier n'est ni une photo (JPEG, PNG, WebP) ni un PDF lisible : choisissez-en un autre.")


def absence_refusal(code: str, facts: Mapping[str, Any], *, child: str) -> str:
    """Why an absence is not declared, and what to do."""
    match code:
        case "days_in_order":
            return _("Le dernier jour vient avant le premier.")
        case "too_long":
            return _("Une absence dure %(days)s jours au plus : déclarez-la en plusieurs fois.") % facts
        case "too_old":
            since = facts["since"]
            return _("C'est trop ancien : une absence se déclare à partir du %(day)s.") % {"day": f"{since:%d/%m/%Y}"}
        case "too_many":
            return _(
                "%(most)s de vos déclarations attendent déjà la mairie : attendez sa réponse, ou retirez-en une."
            ) % (facts)
        case "too_far":
            return _("C'est trop loin : une absence se déclare un an à l'avance au plus.")
        case _:
            return _("%(child)s n'a aucune réservation ces jours-là : il n'y a pas d'absence à déclarer.") % {
                "child": child
            }
