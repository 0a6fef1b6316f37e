"""The form of a deadline: first of which kind, then only what that kind needs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import time
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from booking.rules.deadlines import (
    CLOSINGS,
    OPENINGS,
    DayKind,
    DaysBefore,
    DeadlineRule,
    FixedDate,
    FixedOpening,
    InvalidRule,
    OnHoliday,
    Rolling,
    SameDay,
    Weekly,
    WithoutSchool,
)
from lps.ui.forms import DayField, HourField

SAME = "same"
CLOSING_CHOICES = [
    (Weekly.type, _("un jour de la semaine, pour toute une semaine")),
    (DaysBefore.type, _("un nombre de jours avant chaque jour")),
    (SameDay.type, _("le jour même, jusqu'à une heure")),
    (FixedDate.type, _("une date fixe, pour tous les jours")),
]
OPENING_CHOICES = [
    (Rolling.type, _("un nombre de semaines avant chaque jour")),
    (FixedOpening.type, _("une date fixe, pour tous les jours")),
]
ON_HOLIDAY = [
    (OnHoliday.WORKING_DAY_BEFORE, _("avancer la date limite au jour ouvré d'avant")),
    (OnHoliday.WORKING_DAY_AFTER, _("la repousser au jour ouvré d'après")),
    (OnHoliday.KEPT, _("la garder ce jour-là")),
]
WITHOUT_SCHOOL = [
    (WithoutSchool.KEPT, _("la garder pendant les vacances")),
    (WithoutSchool.LAST_OF_SCHOOL, _("l'avancer à la dernière semaine d'école")),
]
DAY_KINDS = [
    (DayKind.CALENDAR, _("jours du calendrier")),
    (DayKind.WORKING, _("jours ouvrés (du lundi au vendredi, sans les jours fériés)")),
    (DayKind.SCHOOL, _("jours d'école")),
]


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which kinds are chosen: `cancel` may be `SAME`."""

    book: str
    cancel: str
    opening: str

    @classmethod
    def of(cls, rule: DeadlineRule) -> "Kinds":
        """Those of a rule that stands."""
        return cls(rule.book.type, SAME if rule.book == rule.cancel else rule.cancel.type, rule.opening.type)


class KindsForm(forms.Form):
    """Which kind of deadline, before its details are asked."""

    reserver = forms.ChoiceField(label=_("Date limite pour réserver"), choices=CLOSING_CHOICES)
    annuler = forms.ChoiceField(
        label=_("Date limite pour annuler"), choices=[(SAME, _("la même que pour réserver")), *CLOSING_CHOICES]
    )
    ouverture = forms.ChoiceField(label=_("Réservable à partir de"), choices=OPENING_CHOICES)

    @property
    def kinds(self) -> Kinds:
        """What was chosen, once the form is valid."""
        given = self.cleaned_data
        return Kinds(given["reserver"], given["annuler"], given["ouverture"])


def kinds_asked(given: Mapping[str, Any], standing: Kinds) -> Kinds:
    """The kinds that an address or a form names; those that stand when it names none."""
    form = KindsForm(given)
    return form.kinds if form.is_valid() else standing


def as_initial(kinds: Kinds) -> dict[str, str]:
    """Kinds as `KindsForm` names them."""
    return {"reserver": kinds.book, "annuler": kinds.cancel, "ouverture": kinds.opening}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the form, with its title."""

    title: str | Promise
    fields: tuple[BoundField, ...]


class DeadlineForm(forms.Form):
    """The details of the kinds chosen."""

    def __init__(self, data: Any = None, *, kinds: Kinds, standing: DeadlineRule) -> None:
        super().__init__(data, initial=_initial(standing))
        self.kinds = kinds
        self._ask("book", FIELDS[kinds.book])
        if kinds.cancel != SAME:
            self._ask("cancel", FIELDS[kinds.cancel])
        self._ask("opening", FIELDS[kinds.opening])

    @property
    def parts(self) -> list[Part]:
        """The fields under their titles."""
        both = self.kinds.cancel == SAME
        titles = (
            ("book", _("Réserver et annuler, au plus tard") if both else _("Réserver, au plus tard")),
            ("cancel", _("Annuler, au plus tard")),
            ("opening", _("Réservable à partir de")),
        )
        found = [(title, tuple(self[name] for name in self.fields if name.startswith(part))) for part, title in titles]
        return [Part(title, bound) for title, bound in found if bound]

    def clean(self) -> dict[str, Any]:
        """The bounds of the rule itself have the last word."""
        given = super().clean() or {}
        if not self.errors:
            try:
                self.rule = self._rule()
            except InvalidRule:
                self.add_error(
                    None, str(_("Cette date limite n'est pas possible\u00a0: vérifiez les nombres et les dates."))
                )
        return given

    def _rule(self) -> DeadlineRule:
        book = self._part("book", CLOSINGS[self.kinds.book])
        cancel = book if self.kinds.cancel == SAME else self._part("cancel", CLOSINGS[self.kinds.cancel])
        return DeadlineRule(book=book, cancel=cancel, opening=self._part("opening", OPENINGS[self.kinds.opening]))

    def _part(self, part: str, kind: Callable[..., Any]) -> Any:
        names = [name for name in self.fields if name.startswith(f"{part}_")]
        return kind(**{name.removeprefix(f"{part}_"): _value(self.cleaned_data[name]) for name in names})

    def _ask(self, part: str, asked: Mapping[str, Callable[[], forms.Field]]) -> None:
        for name, field in asked.items():
            self.fields[f"{part}_{name}"] = field()


def _value(given: Any) -> Any:
    return given.replace(second=0) if isinstance(given, time) else given


def _initial(rule: DeadlineRule) -> dict[str, Any]:
    """What stands, and for the kinds that do not, what towns choose most."""
    usual: Iterable[tuple[str, Any]] = (
        ("at", time(17)),
        ("weekday", 3),
        ("weeks_before", 1),
        ("days", 1),
        ("weeks", 13),
    )
    shown = {f"{part}_{name}": value for part in ("book", "cancel", "opening") for name, value in usual}
    shown["opening_at"] = time(0)
    for part in ("book", "cancel", "opening"):
        standing = getattr(rule, part)
        shown |= {f"{part}_{field.name}": getattr(standing, field.name) for field in fields(standing)}
    return shown


def _at() -> HourField:
    return HourField(label=_("Heure"), error_messages={"required": _("Donnez l'heure, par exemple 17:00.")})


def _day() -> DayField:
    return DayField(label=_("Jour"), error_messages={"required": _("Choisissez le jour.")})


def _number(label: Any, least: int, most: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        help_text=help_text,
        error_messages={
            "required": _("Écrivez un nombre."),
            "invalid": _("Écrivez un nombre entier."),
            "min_value": _("Écrivez un nombre d'au moins %(limit_value)s."),
            "max_value": _("Écrivez un nombre d'au plus %(limit_value)s."),
        },
    )


def _choice(label: Any, choices: Any, coerce: Callable[[str], Any]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, choices=choices, coerce=coerce)


def _on_holiday() -> forms.Field:
    return _choice(_("Si c'est un jour férié"), ON_HOLIDAY, OnHoliday)


FIELDS: Mapping[str, Mapping[str, Callable[[], forms.Field]]] = {
    Weekly.type: {
        "weekday": lambda: _choice(_("Jour de la semaine"), list(WEEKDAYS.items()), int),
        "at": _at,
        "weeks_before": lambda: _number(
            _("Combien de semaines avant"), 0, 52, _("1\u00a0: la semaine précédente. 0\u00a0: la même semaine.")
        ),
        "on_holiday": _on_holiday,
        "without_school": lambda: _choice(_("Si c'est une semaine sans école"), WITHOUT_SCHOOL, WithoutSchool),
    },
    DaysBefore.type: {
        "days": lambda: _number(_("Combien de jours avant"), 1, 366, _("1\u00a0: la veille.")),
        "kind": lambda: _choice(_("Compter en"), DAY_KINDS, DayKind),
        "at": _at,
        "on_holiday": _on_holiday,
    },
    SameDay.type: {"at": _at},
    FixedDate.type: {"day": _day, "at": _at},
    Rolling.type: {"weeks": lambda: _number(_("Combien de semaines avant"), 1, 104)},
    FixedOpening.type: {"day": _day, "at": _at},
}
