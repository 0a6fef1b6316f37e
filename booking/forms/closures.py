"""The form that closes days: which, where, why."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from booking.models import Activity
from booking.services.closures import Scope
from lps.families.models import SchoolClass
from lps.ui.forms import DayField

REASONS = (
    _("Enseignant absent"),
    _("Grève"),
    _("Sortie scolaire"),
    _("Intempéries"),
    _("Travaux"),
    _("Élections"),
    _("Formation du personnel"),
)
BACK, LONGEST = timedelta(days=60), timedelta(days=366)
SITE, CLASS = "ecole", "classe"


class ClosureForm(forms.Form):
    """Days, both included, a place (everywhere, a school, a class), an activity and the reason that families read."""

    first_day = DayField(label=_("Du"), error_messages={"required": _("Choisissez le premier jour fermé.")})
    last_day = DayField(label=_("au"), required=False, help_text=_("Ce jour compris. Laissez vide pour un seul jour."))
    place = forms.ChoiceField(
        label=_("Où"),
        required=False,
        error_messages={"invalid_choice": _("Ce lieu n'existe pas\u00a0: choisissez dans la liste.")},
    )
    activity = forms.ChoiceField(
        label=_("Activité"),
        required=False,
        error_messages={"invalid_choice": _("Cette activité n'existe pas\u00a0: choisissez dans la liste.")},
    )
    reason = forms.CharField(
        label=_("Motif, tel que les familles le lisent"),
        help_text=_("Choisissez un motif proposé ou écrivez le vôtre."),
        max_length=100,
        widget=forms.TextInput({"list": "motifs", "autocomplete": "off"}),
        validators=[ProhibitNullCharactersValidator()],
        error_messages={"required": _("Donnez le motif\u00a0: les familles le liront.")},
    )

    def __init__(
        self,
        *args: Any,
        classes: Sequence[SchoolClass],
        activities: Iterable[Activity],
        today: date,
        sites: frozenset[int] = frozenset(),
        of_activities: frozenset[int] = frozenset(),
        **rest: Any,
    ) -> None:
        """`sites` and `of_activities` keep the choices to where the agent works; all of them when empty."""
        super().__init__(*args, **rest)
        self.today, self.classes = today, {row.pk: row for row in classes if not sites or row.site_id in sites}
        self.activities = {row.pk: row for row in activities if not of_activities or row.pk in of_activities}
        self.fields["place"].choices = [*([] if sites else [("", _("Toute la commune"))]), *self._places()]  # type: ignore[attr-defined]
        every = [] if of_activities else [("", _("Toutes les activités"))]
        self.fields["activity"].choices = [*every, *_by_group(self.activities.values())]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The days follow one another, and are of this year."""
        given = super().clean() or {}
        first, last = given.get("first_day"), given.get("last_day")
        if first and first < self.today - BACK:
            self.add_error("first_day", _("Ce jour est trop ancien\u00a0: on ferme au plus tôt 60 jours en arrière."))
        if first and last and last < first:
            self.add_error("last_day", _("La fermeture finit avant de commencer\u00a0: choisissez un jour plus tard."))
        if first and (last or first) - first > LONGEST:
            self.add_error("last_day", _("Une fermeture dure un an au plus\u00a0: faites-en plusieurs."))
        if first and first > self.today + 2 * LONGEST:
            self.add_error("first_day", _("Ce jour est trop loin\u00a0: choisissez-en un dans les deux ans."))
        self._answered(given, "place", _("Choisissez une école ou une classe."))
        self._answered(given, "activity", _("Choisissez une activité."))
        return given

    def _answered(self, given: dict[str, Any], name: str, sentence: Any) -> None:
        """An empty choice stands only where it is offered."""
        offered = [value for value, _label in self.fields[name].choices]  # type: ignore[attr-defined]
        if name in given and not given[name] and "" not in offered:
            self.add_error(name, sentence)

    @property
    def scope(self) -> Scope:
        """What is to be closed, once the form is valid."""
        given = self.cleaned_data
        kind, _dash, key = given["place"].partition("-")
        return Scope(
            first_day=given["first_day"],
            last_day=given["last_day"] or given["first_day"],
            site_id=int(key) if kind == SITE else None,
            school_class_id=int(key) if kind == CLASS else None,
            activity_id=int(given["activity"]) if given["activity"] else None,
        )

    @property
    def site_id(self) -> int | None:
        """The school that it reaches, that of the class if one is named; None for all."""
        scope = self.scope
        if scope.school_class_id is not None:
            return self.classes[scope.school_class_id].site_id
        return scope.site_id

    def _places(self) -> list[tuple[str, list[tuple[str, Any]]]]:
        schools: dict[int, list[SchoolClass]] = {}
        for row in self.classes.values():
            schools.setdefault(row.site_id, []).append(row)
        return [
            (
                rows[0].site.name,
                [(f"{SITE}-{site}", rows[0].site.name), *((f"{CLASS}-{row.pk}", _class_name(row)) for row in rows)],
            )
            for site, rows in schools.items()
        ]


class CloseForm(ClosureForm):
    """The same, confirmed: the page that showed what it touches signs it with a token, so that it closes once."""

    jeton = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Ce formulaire est incomplet\u00a0: regardez de nouveau ce qui sera annulé."),
            "invalid": _("Ce formulaire est incomplet\u00a0: regardez de nouveau ce qui sera annulé."),
        },
    )


def _class_name(row: SchoolClass) -> str:
    return f"{row} ({row.school_year})"


def _by_group(activities: Iterable[Activity]) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in activities:
        groups.setdefault(row.group.name, []).append((str(row.pk), row.name))
    return list(groups.items())
