"""The French words of the dialogue's phrases, in pieces: what is always said alike is rendered and kept apart.

"Tapez le 1", never "tapez 1": the liaison makes it unclear on a telephone. A short piece that begins with p, t or k is
heard badly: "faites le 1", "c'est trop tard".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _n
from django.utils.translation import ngettext

from voice.dialogue.facts import MENU, Phrase, phrase
from voice.dialogue.script import MOST_DAYS

_WORDS = {
    "notice": _n("%(words)s"),
    "not_assigned": _n("Ce numéro n'est attribué à aucune mairie."),
    "welcome": _n("Bonjour, vous êtes au service de réservation de %(town)s."),
    "code": _n("Tapez le code de l'enfant, puis dièse."),
    "bad_code": _n("Un code enfant compte de six à dix chiffres."),
    "help_code": _n(
        "Le code enfant figure sur la lettre de la mairie. Tapez-le chiffre par chiffre, puis la touche dièse."
    ),
    "secret": _n("Tapez maintenant le code de la famille, puis dièse."),
    "help_secret": _n("Le code famille figure sur la même lettre que le code enfant."),
    "no_child": _n("Ce code n'est pas reconnu."),
    "one_moment": _n("Beaucoup de codes sont tapés en ce moment : un instant, s'il vous plaît."),
    "child": _n("%(first_name)s."),
    "no_service": _n("Aucun service n'est ouvert à cet enfant en ce moment."),
    "service": _n("Choisissez un service."),
    "help_service": _n("Écoutez la liste, puis tapez le chiffre du service."),
    "choice": _n("Pour %(name)s, faites le %(key)s."),
    "others": _n("Pour les autres services, tapez le %(key)s."),
    "week_choice": _n("Pour écouter les réservations de la semaine prochaine, tapez le %(key)s."),
    "no_such_choice": _n("Ce choix n'existe pas."),
    "chosen": _n("%(name)s."),
    "week_day": _n("%(day)s : %(services)s."),
    "week_empty": _n("Rien n'est réservé la semaine prochaine pour %(first_name)s."),
    "date": _n(
        "Tapez la date, deux chiffres pour le jour et deux pour le mois. "
        "Pour toute la semaine prochaine, tapez le 1, puis dièse."
    ),
    "next_date": _n("Date suivante, ou dièse pour finir."),
    "bad_date": _n("Une date compte quatre chiffres."),
    "help_dates": _n("Par exemple, pour le treize octobre, tapez 1 3 1 0."),
    "no_such_day": _n("Cette date n'existe pas."),
    "far_day": _n("Cette date est passée, ou trop lointaine."),
    "already_chosen": _n("%(day)s est déjà dans votre liste."),
    "erased": _n("%(day)s : effacé de votre liste."),
    "week_chosen": _n("Cette semaine est déjà dans votre liste."),
    "week_closed": _n("Aucun jour ne peut être changé la semaine prochaine."),
    "day_to_book": _n("%(day)s, à réserver."),
    "day_to_cancel": _n("%(day)s, déjà réservé : à annuler."),
    "next_week": _n("Pour réserver la semaine du %(day)s, tapez le 1. Pour une autre date, tapez le 2."),
    "help_next_week": _n("Tapez le 1 pour oui, le 2 pour non."),
    "wait": _n("Pour vous inscrire en liste d'attente, tapez le 1. Pour une autre date, tapez le 2."),
    "help_waiting": _n("Tapez le 1 pour oui, le 2 pour non."),
    "will_wait": _n("%(day)s, en liste d'attente."),
    "confirm_keys": _n("Pour confirmer, tapez le 1. Pour recommencer, tapez le 2."),
    "help_confirm": _n("Rien n'est enregistré tant que vous n'avez pas tapé le 1."),
    "sent": _n("Le reçu vous est envoyé."),
    "not_kept": _n("Les jours que vous venez de choisir ne sont pas enregistrés."),
    "nothing_saved": _n("Rien n'a été changé."),
    "after": _n(
        "Pour un autre jour ou un autre service, tapez le 1. Pour un autre enfant, tapez le 2. "
        "Pour terminer, tapez le 9."
    ),
    "help_after": _n("Tapez le 1, le 2, ou le 9 pour terminer."),
    "silence": _n("Je n'ai rien entendu."),
    "no_answer": _n("Vous pouvez aussi réserver sur le site %(site)s, ou appeler la mairie."),
    "too_long": _n("Cet appel est trop long."),
    "failed": _n(
        "Le service ne répond pas. Votre dernière demande n'est peut-être pas enregistrée : "
        "vérifiez sur le site, ou rappelez plus tard."
    ),
    "good_bye": _n("Au revoir."),
    "shut": _n("Le serveur vocal est fermé en ce moment. Vous pouvez réserver sur le site %(site)s."),
    "maintenance": _n("Le service est en maintenance. Rappelez plus tard : rien n'est perdu."),
    "not_yet_open": _n(
        "Le service n'est pas encore ouvert aux familles. La date d'ouverture est sur le site %(site)s."
    ),
    "hidden": _n("Les appels dont le numéro est masqué ne sont pas acceptés. Rappelez sans masquer votre numéro."),
    "busy": _n("Trop d'essais depuis ce numéro. Rappelez dans une heure."),
}
_REFUSALS = {
    "too_late": _n("%(day)s : c'est trop tard. %(reason)s."),
    "not_yet_open": _n("%(day)s : ce n'est pas encore ouvert. %(reason)s."),
    "full": _n("%(day)s : c'est complet."),
    "no_service": _n("%(day)s : le service est fermé ce jour-là."),
    "not_entitled": _n("%(day)s : ce service n'est pas ouvert à cet enfant."),
    "other_household": _n("%(day)s : ce jour revient à l'autre foyer."),
    "changed_meanwhile": _n("%(day)s : ce jour a changé pendant votre appel."),
}
_OTHER_REFUSAL = _n("%(day)s : c'est impossible. %(reason)s.")
_REASONS = {
    "too_late": _n("La date limite était le %(when)s"),
    "not_yet_open": _n("Les réservations ouvrent le %(when)s"),
    "incompatible": _n("Ce service ne va pas avec %(activity)s le même jour"),
    "together": _n("Ce service va avec %(activity)s le même jour"),
    "not_full": _n("Il reste une place ce jour-là"),
    "other_waits": _n("L'autre foyer de cet enfant attend déjà une place"),
}
_OTHER_REASON = _n("Ce service n'existe plus")


def pieces(said: Iterable[Phrase]) -> list[str]:
    """What is streamed one after the other: texts to render ahead, or to find rendered.

    Names, services, days and lists of them are pieces of their own; numbers are said within their sentence. Raises
    KeyError for a phrase that has no words, or lacks a fact.
    """
    return [piece for one in said for piece in _pieces(one)]


def sentence(said: Phrase) -> str:
    """The whole phrase as one text, for a page or a journal."""
    words, facts = _words_of(said)
    return words % {name: _shown(value) for name, value in facts.items()}


@cache
def fixed() -> tuple[str, ...]:
    """The pieces that no call changes, rendered when the product is built."""
    said = dict.fromkeys(pieces(_samples()))
    return tuple(piece for piece in said if piece not in _STAND_INS and not _NEUTRAL.fullmatch(piece))


@cache
def places() -> Mapping[str, tuple[str, str]]:
    """By fixed piece, the first sentence that holds it: its code, and its words with what changes in brackets.

    The words are "" where the piece is the whole sentence.
    """
    found: dict[str, tuple[str, str]] = {}
    for sample in _samples():
        words, facts = _words_of(sample)
        named = {name: fact if isinstance(fact, int) else f"[{_(_CHANGES[name])}]" for name, fact in facts.items()}
        whole = words % named
        for piece in pieces([sample]):
            found.setdefault(piece, (sample.code, whole if "[" in whole else ""))
    return found


def _samples() -> list[Phrase]:
    """Every phrase with every number that it may hold, and nothing in the place of what a call changes."""
    samples = [Phrase(code) for code, words in _WORDS.items() if "%(" not in words]
    samples += [_blank(code) for code, words in _WORDS.items() if "%(" in words and code not in _NUMBERED]
    samples += [phrase("choice", name="", key=key) for key in range(1, MENU + 1)]
    samples += [phrase("others", key=MENU), phrase("week_choice", key=8)]
    samples += [phrase("minutes_left", number=number) for number in range(11)]
    samples += [phrase("refused", day="", reason="", why=code) for code in (*_REFUSALS, "")]
    samples += [_because(code, at=_SOME_DAY) for code in (*_REASONS, "") if "%(activity)" not in _REASONS.get(code, "")]
    samples += [
        phrase("confirm", service="", first_name="", **{**_NO_DAYS, name: "x"})
        for name in ("books", "cancels", "waits")
    ]
    samples += [
        phrase(code, service="", number=number) for code in ("saved", "canceled") for number in range(1, MOST_DAYS + 1)
    ]
    samples += [phrase(code, number=number) for code in ("waits", "many_days") for number in range(1, MOST_DAYS + 1)]
    return [*samples, *(phrase("receipt", number=f"x-x-{digit * 6}") for digit in "0123456789")]


def of_town(*, name: str, site: str, notice: str = "") -> list[str]:
    """The pieces that hold the name and the address of a town, and what is read first."""
    sites = ("no_answer", "shut", "not_yet_open")
    said = [phrase("welcome", town=name), *(phrase(code, site=site) for code in sites), phrase("notice", words=notice)]
    return _own(said)


def of_service(name: str) -> list[str]:
    """The pieces that hold the name of a service."""
    said = [phrase("choice", name=name, key=1), phrase("chosen", name=name), _confirmed(service=name)]
    return _own([*said, *(_because(code, activity=name) for code in ("incompatible", "together"))])


def of_child(first_name: str) -> list[str]:
    """The pieces that hold a first name."""
    said = [phrase("child", first_name=first_name), _confirmed(first_name=first_name)]
    return _own(said)


def of_days(days: Iterable[date]) -> list[str]:
    """The pieces that hold these days or their years, the same for every town."""
    held = list(days)
    return list(dict.fromkeys([*map(spoken_day, held), *(f"{day.year}." for day in held)]))


def of_hours() -> list[str]:
    """The pieces of the hours at which deadlines are, the same for every town: any other is said by espeak-ng once."""
    return [spoken_hour(time(hour, minute)) for hour in range(24) for minute in (0, 30)]


def is_neutral(piece: str) -> bool:
    """Whether a piece says nothing of a town: one that is fixed, a day, a year or an hour."""
    return piece in fixed() or _NEUTRAL.fullmatch(piece) is not None


def _blank(code: str) -> Phrase:
    return Phrase(code, dict.fromkeys(_PLACEHOLDER.findall(_WORDS[code]), ""))


def _confirmed(**facts: str) -> Phrase:
    return phrase("confirm", **{"service": "", "first_name": "", **facts}, books="x", cancels="x", waits="x")


def _own(said: Iterable[Phrase]) -> list[str]:
    return [piece for piece in dict.fromkeys(pieces(said)) if piece != "x" and piece not in fixed()]


def spoken_day(day: date) -> str:
    """ "lundi 13 octobre", "jeudi 1er octobre": the weekday is what tells a parent that the keys were right."""
    return dateformat.format(day, r"l 1\e\r F" if day.day == 1 else "l j F")


def spoken_hour(wall: time) -> str:
    """ "17 heures", "8 heures 30", "minuit"."""
    named = {0: _("minuit"), 1: _("une heure")}
    hour = named.get(wall.hour) or _("%(hour)s heures") % {"hour": wall.hour}
    return f"{hour} {wall.minute}" if wall.minute else hour


def reason(code: str, *, at: datetime | None = None, activity: str = "") -> str:
    """Why a day is refused, in words to hear. `at` is the local instant of a deadline, `activity` the other service."""
    when = f"{spoken_day(at.date())}, {spoken_hour(at.time())}" if at else ""
    return _(_REASONS.get(code, _OTHER_REASON)) % {"when": when, "activity": activity}


def _because(code: str, *, at: datetime | None = None, activity: str = "") -> Phrase:
    return phrase("refused", day="", why=code, reason=reason(code, at=at, activity=activity))


class Spelled(str):
    """A text whose words are pieces of their own."""


def spoken_receipt(number: str) -> Spelled:
    """R-2026-000123 in groups of digits."""
    year, rank = number.split("-")[-2:]
    return Spelled(f"{year}. {' '.join(rank[:3])}. {' '.join(rank[3:])}.")


_STAND_INS = frozenset({"x", "x."})
_NO_DAYS = {"books": "", "cancels": "", "waits": ""}
# What a call puts into a sentence, in words.
_CHANGES = {
    "town": _n("le nom de la commune"),
    "site": _n("l'adresse du site"),
    "words": _n("votre message"),
    "first_name": _n("le prénom"),
    "name": _n("le service"),
    "service": _n("le service"),
    "services": _n("les services"),
    "day": _n("le jour"),
    "books": _n("les jours"),
    "cancels": _n("les jours"),
    "waits": _n("les jours"),
    "reason": _n("la raison"),
    "why": _n("la raison"),
    "number": _n("le numéro"),
}
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_NUMBERED = frozenset({"choice", "others", "week_choice"})
_DAY = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) (?:1er|[1-3]?\d) \w+"
_HOUR = r"(?:minuit|une heure|\d\d? heures)(?: \d\d?)?"
_NEUTRAL = re.compile(rf"20\d\d\.|{_DAY}|{_HOUR}")
_INSTANT = re.compile(rf"({_DAY}), ({_HOUR})")
_SOME_DAY = datetime(2026, 1, 1)  # noqa: DTZ001  # in the place of a deadline
_SHORTEST = 5  # letters: "pour" alone has no tone, it is said with what follows


def _pieces(said: Phrase) -> Iterator[str]:
    words, facts = _words_of(said)
    numbers = {name: value for name, value in facts.items() if isinstance(value, int)}
    begun = 0
    for found in _PLACEHOLDER.finditer(words):
        if found[1] in numbers:
            continue
        before = list(_said(words[begun : found.start()], numbers))
        value = facts[found[1]]
        held = list(_said_apart(_INSTANT.split(value) if found[1] == "reason" else value))
        if before and len(before[0]) < _SHORTEST:
            before, held = [], [f"{before[0]} {held[0]}", *held[1:]] if held else []
        yield from (*before, *held)
        begun = found.end()
    yield from _said(words[begun:], numbers)


def _said(words: str, numbers: Mapping[str, int]) -> Iterator[str]:
    """A piece of a sentence, unless only its punctuation is left."""
    text = (words % numbers).strip(" .,:") if words.strip(" .,:") else ""
    if text:
        yield text + ("." if words.rstrip().endswith(".") else "")


def _said_apart(value: Any) -> Iterator[str]:
    if isinstance(value, Spelled):
        yield from value.split()
        return
    for one in value if isinstance(value, tuple | list) else (value,):
        if shown := str(_shown(one)).strip():
            yield shown


def _words_of(said: Phrase) -> tuple[str, Mapping[str, Any]]:
    return _SPECIAL.get(said.code, _plain)(said)


def _shown(value: Any) -> Any:
    if isinstance(value, date):
        return spoken_day(value)
    if isinstance(value, tuple | list):
        return ", ".join(str(_shown(one)) for one in value)
    return value


def _plain(said: Phrase) -> tuple[str, Mapping[str, Any]]:
    return _(_WORDS[said.code]), said.facts


def _refused(said: Phrase) -> tuple[str, Mapping[str, Any]]:
    return _(_REFUSALS.get(said.facts["why"], _OTHER_REFUSAL)), said.facts


def _minutes(said: Phrase) -> tuple[str, Mapping[str, Any]]:
    number = said.facts["number"]
    if number == 0:
        return _("Il vous reste moins d'une minute."), {}
    return ngettext("Il vous reste %(number)s minute.", "Il vous reste %(number)s minutes.", number), said.facts


def _saved(said: Phrase) -> tuple[str, Mapping[str, Any]]:
    number = said.facts["number"]
    words = ngettext(
        "C'est enregistré : %(service)s, %(number)s jour.", "C'est enregistré : %(service)s, %(number)s jours.", number
    )
    return words, said.facts


def _canceled(said: Phrase) -> tuple[str, Mapping[str, Any]]:
    number = said.facts["number"]
    words = ngettext(
        "C'est annulé : %(service)s, %(number)s jour.", "C'est annulé : %(service)s, %(number)s jours.", number
    )
    return words, said.facts


def _receipt(said: Phrase) -> tuple[str, Mapping[str, Any]]:
    return _("Votre numéro de reçu : %(number)s"), {"number": spoken_receipt(said.facts["number"])}


def _waits(said: Phrase) -> tuple[str, Mapping[str, Any]]:
    number = said.facts["number"]
    words = ngettext(
        "Vous êtes en liste d'attente pour %(number)s jour.",
        "Vous êtes en liste d'attente pour %(number)s jours.",
        number,
    )
    return words, said.facts


def _many(said: Phrase) -> tuple[str, Mapping[str, Any]]:
    number = said.facts["number"]
    return ngettext("Cela fait déjà %(number)s jour.", "Cela fait déjà %(number)s jours.", number), said.facts


def _confirm(said: Phrase) -> tuple[str, Mapping[str, Any]]:
    """All that will be done, said before: a list of bookings, one of cancellations, one of waiting lists."""
    parts = [
        (_("Vous réservez %(service)s pour %(first_name)s : %(books)s."), "books"),
        (_("Vous annulez %(service)s pour %(first_name)s : %(cancels)s."), "cancels"),
        (_("Vous attendez une place à %(service)s pour %(first_name)s : %(waits)s."), "waits"),
    ]
    return " ".join(words for words, name in parts if said.facts[name]), said.facts


_SPECIAL: dict[str, Callable[[Phrase], tuple[str, Mapping[str, Any]]]] = {
    "refused": _refused,
    "minutes_left": _minutes,
    "saved": _saved,
    "canceled": _canceled,
    "waits": _waits,
    "receipt": _receipt,
    "many_days": _many,
    "confirm": _confirm,
}


def codes() -> frozenset[str]:
    """Every phrase that has words."""
    return frozenset(_WORDS) | frozenset(_SPECIAL)
