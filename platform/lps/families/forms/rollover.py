"""The forms of the passage to the next school year."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lps.families.models import Child, SchoolClass, Site
from lps.families.passage import Line, Passage
from lps.families.rules.rollover import LAST, LEAVES, LEVELS, rank

DAY_ERRORS = {
    "required": _("Choisissez un jour."),
    "invalid": _("Écrivez une date qui existe, par exemple 01/09/2027."),
}
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)
UNKNOWN = "?"  # nobody said: placed one by one
AS_CLASS = ""


def day_field(label: Any, help_text: Any = "") -> forms.DateField:
    """A day, with the browser's own calendar."""
    return forms.DateField(
        label=label,
        help_text=help_text,
        error_messages=DAY_ERRORS,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )


class YearForm(forms.Form):
    """The next school year, and whether its classes keep their teachers."""

    first_day = day_field(_("Premier jour de l'année suivante"))
    last_day = day_field(_("Dernier jour"), _("En général le 31 août : les vacances d'été comptent dans l'année."))
    keep_teachers = forms.BooleanField(
        label=_("Garder les enseignants dans leurs classes"), required=False, initial=True
    )

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        first, last = facts.get("first_day"), facts.get("last_day")
        if first and not EARLIEST <= first <= LATEST:
            self.add_error("first_day", DAY_ERRORS["invalid"])
        elif first and last and not 200 <= (last - first).days <= 400:
            self.add_error("last_day", _("Une année scolaire dure environ un an : vérifiez ces deux dates."))
        return facts


class DayForm(forms.Form):
    """From which day parents see the new classes."""

    day = day_field(_("Les nouvelles classes valent à partir du"))


class LevelsForm(forms.Form):
    """The next level of each level: one field a level of this year."""

    def __init__(self, *args: Any, told: Passage, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.told = told
        said = told.row.plan.get("levels", {})
        known = sorted({one.level for one in told.new.values()} | set(LEVELS[1:]), key=rank)
        for number, level in enumerate(self.levels):
            choices = [(UNKNOWN, _("à dire classe par classe")), *((one, one) for one in known)]
            self.fields[f"level_{number}"] = forms.ChoiceField(
                label=level,
                choices=[*choices, (LAST or "-", _("quittent l'école"))],
                initial="-" if said.get(level) == LAST else said.get(level, UNKNOWN),
            )

    @property
    def levels(self) -> list[str]:
        """The levels of the year that ends, the youngest first."""
        return sorted({one.level for one in self.told.old.values()}, key=rank)

    def said(self) -> dict[str, str]:
        """The next level of each level of which something was said."""
        given = {level: self.cleaned_data[f"level_{number}"] for number, level in enumerate(self.levels)}
        return {
            level: LAST if next_one == "-" else next_one for level, next_one in given.items() if next_one != UNKNOWN
        }


class TargetsForm(forms.Form):
    """A class for each class, or for each child of one: a select a line."""

    def __init__(self, *args: Any, fields: Mapping[int, forms.ChoiceField], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.keys = tuple(fields)
        for key, field in fields.items():
            self.fields[f"target_{key}"] = field

    def lines(self) -> list[tuple[int, forms.BoundField]]:
        """Each key with its field."""
        return [(key, self[f"target_{key}"]) for key in self.keys]

    def said(self) -> dict[int, int | None]:
        """The class chosen for each key, None for the first choice of its list."""
        given = {key: self.cleaned_data[f"target_{key}"] for key in self.keys}
        return {key: None if value in (UNKNOWN, AS_CLASS) else int(value) for key, value in given.items()}


def class_fields(told: Passage, lines: Iterable[Line]) -> dict[int, forms.ChoiceField]:
    """A field for each class of the year that ends: where its pupils go."""
    return {
        line.school_class.pk: forms.ChoiceField(
            label=str(line.school_class),
            choices=[(UNKNOWN, _("placés un par un")), *_choices(told, line.school_class)],
            initial=UNKNOWN if line.proposed is None else str(line.proposed),
        )
        for line in lines
    }


def child_fields(told: Passage, one: SchoolClass, children: Iterable[Child]) -> dict[int, forms.ChoiceField]:
    """A field for each child of a class: as the class, or elsewhere."""
    return {
        child.pk: forms.ChoiceField(
            label=str(child),
            required=False,
            choices=[(AS_CLASS, _as_class(told, one)), *_choices(told, one, same_level=_("redouble : "))],
            initial=str(told.children[child.pk]) if child.pk in told.children else AS_CLASS,
        )
        for child in children
    }


class ClassForm(forms.Form):
    """A class of the next year."""

    site = forms.ModelChoiceField(
        label=_("École"),
        queryset=Site.objects.none(),
        empty_label=None,
        error_messages={"invalid_choice": _("Choisissez une école de la liste.")},
    )
    name = forms.CharField(
        label=_("Nom de la classe"),
        help_text=_("Par exemple CE1 ou CE1 A"),
        max_length=40,
        error_messages={"required": _("Donnez un nom à cette classe.")},
    )
    level = forms.CharField(
        label=_("Niveau"),
        help_text=_("Par exemple CE1"),
        max_length=10,
        error_messages={"required": _("Dites le niveau de cette classe.")},
    )
    teacher_title = forms.CharField(label=_("Civilité de l'enseignant"), max_length=10, required=False)
    teacher_name = forms.CharField(label=_("Nom de l'enseignant"), max_length=80, required=False)

    def __init__(self, *args: Any, sites: Iterable[int] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        schools = Site.objects.filter(is_school=True)
        kept = list(sites)
        self.fields["site"].queryset = schools.filter(pk__in=kept) if kept else schools  # type: ignore[attr-defined]


def _choices(told: Passage, one: SchoolClass, *, same_level: Any = "") -> list[tuple[str, str]]:
    """Classes that may follow, those of other schools with the school's name; then leaving."""
    found = []
    for other in told.choices_for(one):
        words = str(other) if other.site_id == one.site_id else f"{other}, {other.site}"
        found.append((str(other.pk), f"{same_level}{words}" if same_level and other.level == one.level else words))
    return [*found, (str(LEAVES), str(_("quitte l'école")))]


def _as_class(told: Passage, one: SchoolClass) -> str:
    target = told.classes[one.pk]
    if target is None:
        return str(_("à placer"))
    if target == LEAVES:
        return str(_("comme la classe : quitte l'école"))
    return str(_("comme la classe : %(name)s") % {"name": told.new[target]})
