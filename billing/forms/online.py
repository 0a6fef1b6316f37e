"""The form of the first step: which invoice, and where the ticket goes."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.online import Due
from lps.ui.forms import EMAIL_ERRORS

PLAIN_EMAIL = _(
    "Le paiement en ligne n'accepte qu'une adresse de 6 à 80 caractères, sans accent : donnez-en une autre."
)


class ChooseForm(forms.Form):
    """One of the family's payable invoices, by its number, and an address that PayFiP accepts."""

    facture = forms.ChoiceField(
        label=_("Facture à payer"),
        error_messages={
            "required": _("Cochez la facture que vous voulez régler."),
            "invalid_choice": _("Cette facture ne peut pas être payée en ligne : cochez-en une de la liste."),
        },
        widget=forms.RadioSelect,
    )
    email = forms.EmailField(
        label=_("Mon email"),
        min_length=6,
        max_length=80,
        error_messages={**EMAIL_ERRORS, "min_length": PLAIN_EMAIL, "max_length": PLAIN_EMAIL},
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, dues: Sequence[Due], **rest: Any) -> None:
        super().__init__(*args, **rest)
        payable = [one.invoice for one in dues if one.refusal is None]
        invoices: Any = self.fields["facture"]
        invoices.choices = [(one.number, one.label) for one in payable]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if not email.isascii():
            raise ValidationError(PLAIN_EMAIL, code="plain")
        return email
