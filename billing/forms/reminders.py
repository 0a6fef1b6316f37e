"""The forms of reminders: a level, the minimum."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from billing.forms.fields import EurosField
from billing.models import ReminderLevel
from billing.rules.reminders import NAMES, unknown_names
from billing.services.reminders import LevelSpec

_PLAIN = (ProhibitNullCharactersValidator(),)
Way = ReminderLevel.Way
PROPOSED = (
    LevelSpec(
        days_after=8,
        way=Way.EMAIL,
        title="Votre facture reste à payer",
        words=(
            "Bonjour,\n\n"
            "Sauf erreur de notre part, nous n'avons pas reçu le paiement de {factures}, soit {montant}.\n\n"
            "Si vous venez de payer, ne tenez pas compte de ce message."
        ),
    ),
    LevelSpec(
        days_after=23,
        way=Way.EMAIL,
        title="Deuxième rappel : facture impayée",
        words=(
            "Bonjour,\n\n"
            "Malgré un premier rappel, il reste {montant} à payer pour {factures}.\n\nEn cas de difficulté, "
            "appelez-nous : nous chercherons une solution avec vous."
        ),
    ),
    LevelSpec(
        days_after=45,
        way=Way.LETTER,
        title="Dernier rappel avant transmission à la Trésorerie",
        words=(
            "Madame, Monsieur,\n\n"
            "Il reste {montant} à payer pour {factures}.\n\nSans paiement sous quinze jours, votre "
            "dossier sera transmis à {tresorerie}, qui poursuivra le recouvrement."
        ),
    ),
)


class LevelForm(forms.Form):
    """A level: when, how, in which words."""

    days_after = forms.IntegerField(
        label=_("Jours après l'échéance"),
        min_value=1,
        max_value=730,
        error_messages={"required": _("Écrivez combien de jours après l'échéance.")},
    )
    way = forms.ChoiceField(
        label=_("Envoi"),
        choices=Way.choices,
        widget=forms.RadioSelect,
        help_text=_("Une famille sans adresse e-mail reçoit toujours un courrier."),
        error_messages={"required": _("Choisissez courriel ou courrier.")},
    )
    title = forms.CharField(label=_("Titre"), max_length=120, validators=_PLAIN)
    words = forms.CharField(
        label=_("Texte"),
        max_length=3000,
        validators=_PLAIN,
        widget=forms.Textarea({"rows": 8}),
        help_text=_(
            "Ces mots sont remplacés pour chaque famille\u00a0: {famille}, {payeur}, {montant}, {factures}, {commune}, "
            "{tresorerie}."
        ),
    )

    def clean_words(self) -> str:
        """Only names that can be replaced stand between braces."""
        words: str = self.cleaned_data["words"]
        if wrong := unknown_names(words):
            message = _("{%(wrong)s} n'est pas un mot connu\u00a0: choisissez parmi %(known)s.")
            known = ", ".join(f"{{{name}}}" for name in NAMES)
            raise forms.ValidationError(message % {"wrong": wrong[0][:40], "known": known})
        return words

    @classmethod
    def of(cls, level: ReminderLevel, data: Any) -> "LevelForm":
        """The form of a level that exists."""
        names = ("days_after", "way", "title", "words")
        return cls(data, initial={name: getattr(level, name) for name in names})

    @property
    def spec(self) -> LevelSpec:
        """What the agent said, once the form is valid."""
        given = self.cleaned_data
        return LevelSpec(
            days_after=given["days_after"], way=Way(given["way"]), title=given["title"], words=given["words"]
        )


class MinimumForm(forms.Form):
    """Below it nobody is reminded."""

    minimum = EurosField(label=_("Ne pas relancer au-dessous de (euros)"))

    @property
    def amount(self) -> Decimal:
        """What the agent typed, once the form is valid."""
        amount: Decimal = self.cleaned_data["minimum"]
        return amount
