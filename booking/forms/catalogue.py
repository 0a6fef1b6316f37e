"""The forms of the catalogue's pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from booking.models import Activity, ActivityTie, Season
from booking.rules.entitlements import Access
from booking.rules.places import Act
from booking.services.catalogue import NewActivity
from booking.services.places import Wish
from lps.ui.forms import DayField

_LONGEST, _FARTHEST = timedelta(days=366), timedelta(days=731)
WEEKDAY_CHOICES = [(number, str(name).capitalize()) for number, name in WEEKDAYS.items()]
MOST_PLACES = 5000
_NAME = {"required": _("Donnez un nom."), "max_length": _("Ce nom est trop long\u00a0: 80 caractères au plus.")}
_AGE = {
    "invalid": _("Écrivez un âge en années, par exemple 6."),
    "min_value": _("Écrivez un âge entre 0 et 99."),
    "max_value": _("Écrivez un âge entre 0 et 99."),
}
_PLACES = {
    "invalid": _("Écrivez un nombre de places, par exemple 40, ou laissez vide."),
    "min_value": _("Le nombre de places ne peut pas être négatif."),
    "max_value": _(
        "Ce nombre de places est trop grand\u00a0: 5\u00a0000 au plus. Laissez vide s'il n'y a pas de limite."
    ),
}


class GroupForm(forms.Form):
    """The name of a group."""

    name = forms.CharField(
        label=_("Nom du groupe"),
        help_text=_("Les familles le choisissent en haut du planning. Par exemple «\u00a0CANTINE\u00a0»."),
        max_length=80,
        error_messages=_NAME,
    )


class PlacesField(forms.IntegerField):
    """A number of places; empty: no limit."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(min_value=0, max_value=MOST_PLACES, required=False, error_messages=_PLACES, **rest)


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Days of the week, to tick."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(coerce=int, choices=WEEKDAY_CHOICES, widget=forms.CheckboxSelectMultiple, **rest)


class ActivityForm(forms.Form):
    """When an activity is held, and how many places a day has."""

    name = forms.CharField(
        label=_("Nom de l'activité"),
        help_text=_("Tel que les familles le lisent. Par exemple «\u00a0Accueil Soir\u00a0»."),
        max_length=80,
        error_messages=_NAME,
    )
    weekdays = WeekdaysField(
        label=_("Jours d'ouverture"), error_messages={"required": _("Cochez au moins un jour de la semaine.")}
    )
    season = forms.ChoiceField(
        label=_("Période de l'année"),
        choices=Season.choices,
        initial=Season.TERM,
        error_messages={"required": _("Choisissez une période de l'année.")},
    )
    places = PlacesField(
        label=_("Places par jour et par école"), help_text=_("Laissez vide si le nombre n'est pas limité.")
    )
    is_meal = forms.BooleanField(
        label=_("C'est un repas"), help_text=_("Il est alors compté sur la page de la cuisine."), required=False
    )

    @property
    def wanted(self) -> NewActivity:
        """What was filled in, once the form is valid."""
        given = self.cleaned_data
        return NewActivity(
            name=given["name"],
            weekdays=tuple(given["weekdays"]),
            season=Season(given["season"]),
            places=given["places"],
            is_meal=given["is_meal"],
        )


class PlacesForm(forms.Form):
    """Days of an activity to set by hand."""

    act = forms.TypedChoiceField(
        label=_("Que faire"),
        coerce=Act,
        choices=[
            (Act.PLACES, _("changer le nombre de places des jours ouverts")),
            (Act.OPEN, _("ouvrir des jours")),
            (Act.CLOSE, _("fermer des jours sans réservation")),
            (Act.MODEL, _("remettre comme le modèle de l'activité")),
        ],
        initial=Act.PLACES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez ce qu'il faut faire.")},
    )
    first_day = DayField(label=_("Du"), error_messages={"required": _("Choisissez le jour.")})
    last_day = DayField(label=_("Au"), required=False, help_text=_("Laissez vide pour un seul jour."))
    weekdays = WeekdaysField(
        label=_("Seulement ces jours de la semaine"), required=False, help_text=_("Aucun coché\u00a0: tous les jours.")
    )
    school = forms.TypedChoiceField(
        label=_("École"),
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": _("Cette école n'est pas de celles que vous gérez.")},
    )
    places = PlacesField(
        label=_("Places"), help_text=_("Pour ouvrir ou changer. Laissez vide si le nombre n'est pas limité.")
    )

    def __init__(self, *args: Any, activity: Activity, schools: Sequence[tuple[int, str]], today: date, **rest: Any):
        super().__init__(*args, **rest)
        self.activity, self.today = activity, today
        self.schools = tuple(schools)
        self.sites = tuple(pk for pk, _name in schools)
        every = [("", _("toutes les écoles"))] if len(schools) > 1 else []
        self.fields["school"].choices = [*every, *schools]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Days to come, a year at most."""
        given = super().clean() or {}
        first, last = given.get("first_day"), given.get("last_day")
        if first and first < self.today:
            self.add_error("first_day", _("Ce jour est passé\u00a0: choisissez aujourd'hui ou plus tard."))
        elif first and first > self.today + _FARTHEST:
            self.add_error("first_day", _("Ce jour est trop loin\u00a0: deux ans au plus."))
        if first and last and last < first:
            self.add_error("last_day", _("Ce jour vient avant le premier\u00a0: choisissez un jour plus tard."))
        elif first and last and last - first > _LONGEST:
            self.add_error("last_day", _("Un an au plus à la fois."))
        return given

    @property
    def wish(self) -> Wish:
        """What was filled in, once the form is valid."""
        given = self.cleaned_data
        return Wish(
            activity=self.activity,
            sites=self.sites if given["school"] is None else (given["school"],),
            first_day=given["first_day"],
            last_day=given["last_day"] or given["first_day"],
            weekdays=frozenset(given["weekdays"] or range(7)),
            act=given["act"],
            places=given["places"],
        )


class WayForm(forms.Form):
    """One way to be entitled: every criterion given is met. Left empty, it says nothing."""

    site = forms.TypedChoiceField(
        label=_("École"),
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": _("Cette école n'existe plus\u00a0: choisissez parmi celles-ci.")},
    )
    level = forms.ChoiceField(
        label=_("Niveau"),
        required=False,
        error_messages={"invalid_choice": _("Ce niveau n'existe plus\u00a0: choisissez parmi ceux-ci.")},
    )
    youngest = forms.IntegerField(
        label=_("Âge, à partir de"), min_value=0, max_value=99, required=False, error_messages=_AGE
    )
    oldest = forms.IntegerField(label=_("jusqu'à"), min_value=0, max_value=99, required=False, error_messages=_AGE)

    def __init__(self, *args: Any, choices: "WayChoices", **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["site"].choices = [("", _("toutes")), *choices.sites]  # type: ignore[attr-defined]
        levels = [(level, level) for level in choices.levels]
        self.fields["level"].choices = [("", _("tous")), *levels]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ages in order."""
        given = super().clean() or {}
        youngest, oldest = given.get("youngest"), given.get("oldest")
        if youngest is not None and oldest is not None and oldest < youngest:
            self.add_error("oldest", _("L'âge maximal est plus petit que l'âge minimal."))
        return given

    @property
    def way(self) -> Access | None:
        """What was filled in; None when nothing was."""
        given = self.cleaned_data
        way = Access(
            site_id=given.get("site"),
            level=given.get("level") or "",
            youngest=given.get("youngest"),
            oldest=given.get("oldest"),
        )
        return None if way == Access() else way


@dataclass(frozen=True, slots=True)
class WayChoices:
    """Schools and levels that one may choose."""

    sites: list[tuple[int, str]]
    levels: list[str]


WayFormSet = forms.formset_factory(WayForm, extra=2, max_num=40, absolute_max=60, validate_max=True)


class TieForm(forms.Form):
    """A tie with another activity."""

    other = forms.TypedChoiceField(
        label=_("Autre activité"),
        coerce=int,
        error_messages={
            "required": _("Choisissez l'autre activité."),
            "invalid_choice": _("Cette activité n'existe plus\u00a0: choisissez parmi celles-ci."),
        },
    )
    kind = forms.ChoiceField(
        label=_("Lien"),
        choices=[
            (
                ActivityTie.Kind.INCOMPATIBLE,
                _("jamais ensemble\u00a0: un enfant ne peut pas réserver les deux le même jour"),
            ),
            (ActivityTie.Kind.TOGETHER, _("toujours ensemble\u00a0: réserver l'une sans l'autre est refusé")),
        ],
        initial=ActivityTie.Kind.INCOMPATIBLE,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez le lien.")},
    )

    def __init__(self, *args: Any, others: Sequence[Activity], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["other"].choices = [  # type: ignore[attr-defined]
            ("", _("choisissez")),
            *((one.pk, f"{one.group.name}\u00a0: {one.name}") for one in others),
        ]


def activity_initial(activity: Activity) -> dict[str, Any]:
    """An activity as its form shows it."""
    return {
        "name": activity.name,
        "weekdays": list(activity.weekdays),
        "season": activity.season,
        "places": activity.places,
        "is_meal": activity.is_meal,
    }
