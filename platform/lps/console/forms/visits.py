"""Why an operator enters a commune, for how long, and to do what."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lps.console.visits import MINUTES, Wish

LOOK, WRITE = "regarder", "modifier"


class VisitForm(forms.Form):
    """A reason, a time, and looking unless told otherwise."""

    reason = forms.CharField(
        label=_("Motif"),
        help_text=_("La commune le lit dans son journal : « À la demande de Mme Martin : menu de cantine absent »."),
        min_length=10,
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        error_messages={
            "required": _("Écrivez pourquoi vous entrez : la commune le lira."),
            "min_length": _("Dites-le en une phrase : la commune la lira."),
        },
    )
    minutes = forms.TypedChoiceField(
        label=_("Pour combien de temps"),
        choices=[(number, _("%(number)s minutes") % {"number": number}) for number in MINUTES],
        coerce=int,
        error_messages={"invalid_choice": _("Choisissez une durée de la liste.")},
    )
    mode = forms.ChoiceField(
        label=_("Pour"),
        choices=[
            (LOOK, _("regarder : rien ne peut être changé")),
            (WRITE, _("modifier : ce que vous changez vaut pour la commune")),
        ],
        widget=forms.RadioSelect(),
        required=False,
        error_messages={"invalid_choice": _("Ce choix vous est fermé.")},
    )

    def __init__(self, *args: Any, may_write: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        if not may_write:
            del self.fields["mode"]

    @property
    def wish(self) -> Wish:
        """What was asked, once the form is valid."""
        given = self.cleaned_data
        return Wish(reason=given["reason"], minutes=given["minutes"], writes=given.get("mode") == WRITE)
