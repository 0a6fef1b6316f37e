"""The forms of the parents' door."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from lps.families.models import DataRequest
from lps.ui.forms import EMAIL_ERRORS, DigitsInput


class CodeField(forms.Field):
    """A code as it was typed: judged with the other one by the service alone, so that no answer tells more."""

    def __init__(self, *, autocomplete: str, secret: bool = False, **rest: Any) -> None:
        widget = DigitsInput(autocomplete=autocomplete, secret=secret, attrs={"required": True})
        super().__init__(widget=widget, required=False, **rest)

    def to_python(self, value: Any) -> str:
        return value or ""


class CodesForm(forms.Form):
    """The pair of codes of the town's letter."""

    child_code = CodeField(
        label=_("Code enfant"),
        help_text=_("Celui d'un de vos enfants, sur le courrier de la mairie"),
        autocomplete="username",
    )
    family_code = CodeField(
        label=_("Code famille"),
        help_text=_("Aussi appelé code payeur"),
        autocomplete="current-password",
        secret=True,
    )


class RecoveryForm(forms.Form):
    """The address to which the codes' link may be sent."""

    email = forms.EmailField(
        label=_("Adresse e-mail"),
        help_text=_("Celle que la mairie connaît, par exemple prenom.nom@exemple.fr"),
        max_length=254,
        error_messages=EMAIL_ERRORS,
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
    )


class AddressForm(forms.Form):
    """An address at which the family agrees to be told, once it has followed the link sent there."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        error_messages=EMAIL_ERRORS,
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
    )


class DataRequestForm(forms.Form):
    """A family's request about its personal data."""

    kind = forms.ChoiceField(
        label=_("Ma demande"), choices=[(kind.value, capfirst(kind.label)) for kind in DataRequest.Kind]
    )
    words = forms.CharField(
        label=_("Précisions"),
        help_text=_("Dites ce qui doit changer. N'écrivez aucun renseignement médical."),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )


class AnswerForm(forms.Form):
    """The town's answer to a request."""

    answer = forms.CharField(
        label=_("Réponse à la famille"),
        help_text=_("La famille la lit sur sa page «\u00a0Données personnelles\u00a0»."),
        max_length=2000,
        error_messages={"required": _("Écrivez la réponse.")},
        widget=forms.Textarea({"rows": 4}),
    )
