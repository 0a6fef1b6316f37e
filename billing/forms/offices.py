"""The forms of a régie, of the town's billing, and of what a household proves."""

import re
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from billing.forms.fields import EurosField
from billing.models import CashOffice
from billing.services.quotients import QuotientSpec
from booking.forms.absences import DocumentField
from lps.ui.forms import DayField

_PLAIN = ProhibitNullCharactersValidator()
_POSTAL = re.compile(r"\d{5}", re.ASCII)
_RESIDENT = {"": None, "oui": True, "non": False}


class OfficeForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who collects, under which decision, and the Trésorerie that takes over."""

    siret = forms.CharField(
        label=_("SIRET"),
        required=False,
        max_length=20,
        help_text=_("Quatorze chiffres. Imprimé sur les factures."),
    )

    class Meta:
        model = CashOffice
        fields = (
            "name",
            "collectivity",
            "siret",
            "decision",
            "revenue_code",
            "treasury_name",
            "treasury_address",
            "treasury_hours",
            "treasury_phone",
        )
        help_texts = {
            "name": _("Par exemple\u00a0: Régie périscolaire."),
            "collectivity": _("Le nom de la commune, comme sur les factures."),
            "decision": _("Par exemple\u00a0: Délibération n° 2026-41 du 26 juin 2026."),
            "revenue_code": _("Deux chiffres, donnés par la Trésorerie\u00a0: ils entrent dans le numéro d'ordre."),
        }

    def clean_siret(self) -> str:
        """Fourteen digits, typed with spaces or not."""
        typed = re.sub(r"\s", "", self.cleaned_data["siret"])
        if typed and not re.fullmatch(r"\d{14}", typed, re.ASCII):
            raise forms.ValidationError(_("Un SIRET compte quatorze chiffres\u00a0: vérifiez-le."))
        return typed


class SettingsForm(forms.Form):
    """What the town decides for all its billing."""

    resident_postal_codes = forms.CharField(
        label=_("Codes postaux des habitants"),
        required=False,
        max_length=200,
        validators=[_PLAIN],
        help_text=_("Séparés par des espaces. Vide\u00a0: toutes les familles paient le prix des habitants."),
    )
    show_prices = forms.BooleanField(
        label=_("Montrer aux familles le prix estimé de chaque semaine, sous leur planning"), required=False
    )
    quotient_warning_days = forms.IntegerField(
        label=_("Prévenir une famille avant la fin de son quotient (jours)"),
        min_value=0,
        max_value=120,
        help_text=_(
            "Sur sa page des factures, et par un seul e-mail. Aucun e-mail ne part avant que vous l'ayez décidé, dans "
            "«\u00a0Prévenir les familles\u00a0». 0\u00a0: ne prévenir personne."
        ),
        error_messages={"required": _("Écrivez un nombre de jours, 0 pour ne prévenir personne.")},
    )
    unusual_amount = EurosField(label=_("Signaler une facture à partir de (euros)"))

    def clean_resident_postal_codes(self) -> list[str]:
        """Codes of five digits."""
        typed = re.split(r"[\s,;]+", self.cleaned_data["resident_postal_codes"].strip())
        found = [one for one in typed if one]
        if any(not _POSTAL.fullmatch(one) for one in found):
            raise forms.ValidationError(_("Un code postal compte cinq chiffres, comme 78200."))
        return list(dict.fromkeys(found))


class QuotientForm(forms.Form):
    """A quotient, from when to when, and what proves it."""

    value = EurosField(label=_("Quotient familial"), error_messages={"required": _("Écrivez le quotient.")})
    since = DayField(label=_("À partir du"), error_messages={"required": _("Choisissez le premier jour.")})
    last_day = DayField(label=_("Jusqu'au"), required=False, help_text=_("Vide\u00a0: jusqu'au prochain quotient."))
    proof = forms.CharField(
        label=_("Justificatif vu"),
        max_length=200,
        validators=[_PLAIN],
        help_text=_("Par exemple\u00a0: attestation de la CAF du 3 septembre."),
        error_messages={"required": _("Écrivez quel justificatif vous avez vu.")},
    )

    document = DocumentField(
        label=_("Document"),
        required=False,
        help_text=_("Facultatif\u00a0: une photo ou un PDF de 8 Mo au plus, effacé un an après la fin du quotient."),
    )

    @property
    def spec(self) -> QuotientSpec:
        """What the agent said, once the form is valid."""
        return QuotientSpec(**self.cleaned_data)


class QuotientFileForm(forms.Form):
    """A file of quotients, and the days of the lines that tell none of their own."""

    file = forms.FileField(
        label=_("Fichier"),
        widget=forms.FileInput({"accept": ".xlsx,.csv,.txt"}),
        allow_empty_file=True,
        help_text=_("XLSX ou CSV, une famille par ligne."),
        error_messages={"required": _("Choisissez un fichier."), "invalid": _("Choisissez un fichier.")},
    )
    since = DayField(
        label=_("Premier jour"),
        help_text=_("Pour les lignes qui n'en disent pas."),
        error_messages={"required": _("Choisissez le premier jour.")},
    )
    last_day = DayField(
        label=_("Dernier jour"),
        required=False,
        help_text=_("Pour les lignes qui n'en disent pas. Vide\u00a0: jusqu'au prochain quotient."),
    )

    def clean(self) -> dict[str, Any]:
        """Days in order, not so far ahead."""
        given = super().clean() or {}
        since, last = given.get("since"), given.get("last_day")
        if since and last and last < since:
            self.add_error("last_day", _("Le dernier jour est avant le premier\u00a0: vérifiez les deux dates."))
        return given


class ResidenceForm(forms.Form):
    """Whether a household pays the residents' price."""

    resident = forms.ChoiceField(
        label=_("Habitants de la commune"),
        required=False,
        choices=(("", _("Selon le code postal")), ("oui", _("Oui")), ("non", _("Non"))),
        error_messages={"invalid_choice": _("Ce choix n'existe pas\u00a0: prenez-en un de la liste.")},
    )

    @classmethod
    def of(cls, resident: bool | None) -> "ResidenceForm":
        """The form of what was decided."""
        return cls(initial={"resident": next(key for key, value in _RESIDENT.items() if value is resident)})

    @property
    def chosen(self) -> bool | None:
        """What the agent said, once the form is valid."""
        return _RESIDENT[self.cleaned_data["resident"]]
