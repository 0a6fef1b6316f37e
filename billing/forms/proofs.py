"""The forms of the proofs of quotients: the family's sending, the agent's answer."""

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from billing.forms.fields import EurosField
from billing.models import QuotientProof
from billing.services.quotients import QuotientSpec
from booking.forms.absences import DocumentField
from lps.ui.forms import DayField

_CHOICE = _("Choisissez le document parmi ceux-ci.")
_DECISION = _("Acceptez ou refusez ce justificatif.")


class ProofForm(forms.Form):
    """What a family sends: the kind of document, and a photo or a PDF of it."""

    kind = forms.ChoiceField(
        label=_("Document"),
        choices=(
            (QuotientProof.Kind.FAMILY_FUND, _("Attestation de la CAF ou de la MSA")),
            (QuotientProof.Kind.TAX, _("Avis d'imposition")),
            (QuotientProof.Kind.OTHER, _("Autre document")),
        ),
        error_messages={"required": _CHOICE, "invalid_choice": _CHOICE},
    )
    document = DocumentField(
        label=_("Photo ou PDF"),
        help_text=_("8 Mo au plus. Le quotient ou le revenu, les noms et la date doivent se lire."),
    )


class ProofAnswerForm(forms.Form):
    """An agent's answer: the quotient that the document shows, or why it is refused."""

    value = EurosField(label=_("Quotient lu sur le document"), required=False)
    since = DayField(label=_("À partir du"), required=False)
    last_day = DayField(label=_("Jusqu'au"), required=False, help_text=_("Vide\u00a0: jusqu'au prochain quotient."))
    words = forms.CharField(
        label=_("Message à la famille"),
        required=False,
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        validators=[ProhibitNullCharactersValidator()],
        help_text=_("La famille le lit dans l'e-mail et sur sa page. Obligatoire pour un refus."),
    )
    decision = forms.ChoiceField(
        choices=[("accept", ""), ("refuse", "")],
        error_messages={"required": _DECISION, "invalid_choice": _DECISION},
    )
    seen = forms.CharField(max_length=60, widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        """Accepting asks for a quotient and its first day, refusing for a reason."""
        given = super().clean() or {}
        if given.get("decision") == "refuse":
            self._need("words", _("Écrivez à la famille pourquoi ce justificatif est refusé."))
            for name in ("value", "since", "last_day"):  # nobody minds what was typed there
                self.errors.pop(name, None)
        elif given.get("decision") == "accept":
            self._need("value", _("Écrivez le quotient que vous lisez sur le document."))
            self._need("since", _("Choisissez le premier jour."))
        return given

    @property
    def accepts(self) -> bool:
        """Whether the agent accepts."""
        return bool(self.cleaned_data["decision"] == "accept")

    @property
    def spec(self) -> QuotientSpec:
        """What the agent read, once the form is valid."""
        return QuotientSpec(**{name: self.cleaned_data[name] for name in ("value", "since", "last_day")})

    def _need(self, name: str, sentence: Any) -> None:
        if self.cleaned_data.get(name) in (None, "") and name not in self.errors:
            self.add_error(name, sentence)
