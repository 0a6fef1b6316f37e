"""The form that carries the tariffs on to another year."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.rules.renewal import Raise, Way
from booking.models import Activity
from lps.ui.forms import DayField

_CHOICE = {"invalid_choice": _("Ce choix n'existe pas\u00a0: prenez-en un de la liste.")}
STEPS = (("1", _("Au centime")), ("5", _("À 5 centimes")), ("10", _("À 10 centimes")), ("50", _("À 50 centimes")))
WAYS = (
    (Way.NEAREST.value, _("Au plus proche")),
    (Way.UP.value, _("Au-dessus")),
    (Way.DOWN.value, _("Au-dessous")),
)


class RenewalForm(forms.Form):
    """From which day, by how much, rounded how, for which activities."""

    since = DayField(label=_("À partir du"), error_messages={"required": _("Choisissez le premier jour.")})
    percent = forms.DecimalField(
        label=_("Augmentation (%)"),
        max_digits=5,
        decimal_places=2,
        min_value=-90,
        max_value=200,
        localize=True,
        help_text=_("Par exemple\u00a0: 2,5. Zéro reprend les mêmes prix, −2 les baisse."),
        widget=forms.TextInput({"inputmode": "text", "autocomplete": "off", "size": 6}),
        error_messages={
            "required": _("Écrivez le pourcentage, 0 pour garder les prix."),
            "invalid": _("Ce pourcentage n'est pas lisible\u00a0: il s'écrit comme 2,5."),
        },
    )
    step = forms.ChoiceField(label=_("Arrondir"), choices=(*STEPS, ("100", _("À l'euro"))), error_messages=_CHOICE)
    way = forms.ChoiceField(label=_("Sens de l'arrondi"), choices=WAYS, error_messages=_CHOICE)
    with_extras = forms.BooleanField(label=_("Augmenter aussi les suppléments"), required=False)
    activities = forms.TypedMultipleChoiceField(
        label=_("Activités"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez au moins une activité."),
            "invalid_choice": _("Cette activité n'existe plus\u00a0: choisissez parmi celles-ci."),
        },
    )
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, activities: Iterable[Activity], today: date, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.today = today
        self.fields["activities"].choices = [(one.pk, one.name) for one in activities]  # type: ignore[attr-defined]

    def clean_since(self) -> date:
        """A day to come: what is begun may be invoiced already."""
        day: date = self.cleaned_data["since"]
        if day <= self.today:
            raise forms.ValidationError(_("Choisissez un jour à venir\u00a0: un tarif commencé ne se réécrit pas."))
        return day

    @property
    def how(self) -> Raise:
        """What was said of the prices, once the form is valid."""
        given = self.cleaned_data
        return Raise(percent=given["percent"], step=int(given["step"]), way=Way(given["way"]))
