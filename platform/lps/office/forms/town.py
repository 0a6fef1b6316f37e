"""The forms of a town's settings, one a page. Each writes only what its agent changed."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from lps.office.forms.published import FORMATTING, TextArea
from lps.ui.colors import BadColor, normalized
from lps.ui.forms import EMAIL_ERRORS, SettingsForm
from tenants.town.models import TownSettings

_PHONE = re.compile(r"^\+?[0-9][0-9 .()/-]*$")


class ContactsForm(SettingsForm):
    """Whom families call."""

    class Meta:
        model = TownSettings
        fields = (
            "contact_name",
            "contact_phone",
            "contact_email",
            "contact_hours",
            "treasury_name",
        )
        labels = {
            "contact_name": _("Qui appeler"),
            "treasury_name": _("Trésorerie"),
        }
        help_texts = {
            "contact_name": _("Le nom du service, par exemple «\u00a0Le service scolaire\u00a0»."),
            "contact_phone": _("Par exemple 01 30 98 10 78."),
            "contact_email": _("L'adresse du service, lue par vos agents."),
            "contact_hours": _("Par exemple «\u00a0du lundi au vendredi, de 8h30 à 12h\u00a0»."),
            "treasury_name": _(
                "Où régler une facture en retard, par exemple «\u00a0Trésorerie de Mantes-la-Jolie\u00a0»."
            ),
        }
        error_messages = {"contact_email": EMAIL_ERRORS}

    def clean_contact_phone(self) -> str:
        return _phone(self.cleaned_data["contact_phone"])


class PortalForm(SettingsForm):
    """What families read and see on their pages."""

    tabs = forms.MultipleChoiceField(
        label=_("Onglets montrés aux familles"),
        help_text=_("L'aide est toujours là."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Gardez au moins un onglet.")},
    )

    class Meta:
        model = TownSettings
        fields = ("tagline", "deadline_words", "help_words", "tabs", "weeks_shown", "offer_hours")
        labels = {
            "tagline": _("Phrase d'accueil"),
            "deadline_words": _("Rappel de la date limite"),
            "help_words": _("Le mot de la mairie, dans l'aide"),
            "weeks_shown": _("Semaines montrées dans le planning"),
            "offer_hours": _("Heures pour accepter une place qui se libère"),
        }
        help_texts = {
            "tagline": _("Sous le titre de l'accueil. Vide\u00a0: «\u00a0Réservez et annulez, à toute heure.\u00a0»"),
            "deadline_words": _("Par exemple «\u00a0Choix modifiables avant chaque jeudi, 17 heures\u00a0»."),
            "help_words": FORMATTING,
            "weeks_shown": _("De 2 à 10."),
            "offer_hours": _("De 1 à 168. Une place n'est jamais proposée après la date limite du jour."),
        }
        widgets = {"help_words": TextArea()}

    def __init__(self, *args: Any, tabs: Sequence[tuple[str, Any]], **rest: Any) -> None:
        """`tabs`: the names and labels of those that a town may hide."""
        super().__init__(*args, **rest)
        field = self.fields["tabs"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = tabs
        self.initial["tabs"] = self.instance.tabs or [name for name, _label in tabs]


class AccessForm(SettingsForm):
    """How families come in."""

    class Meta:
        model = TownSettings
        fields = ("child_code_length", "family_code_length", "session_minutes", "second_step")
        labels = {
            "child_code_length": _("Chiffres d'un nouveau code enfant"),
            "family_code_length": _("Chiffres d'un nouveau code famille"),
            "session_minutes": _("Minutes sans visite avant la déconnexion"),
            "second_step": _("Confirmer un nouvel appareil par un lien envoyé par e-mail"),
        }
        help_texts = {
            "child_code_length": _("De 6 à 10. Les codes déjà distribués restent valables."),
            "family_code_length": _("De 6 à 10. Les codes déjà distribués restent valables."),
            "session_minutes": _("De 5 à 240."),
            "second_step": _("Une famille sans adresse connue doit alors passer par la mairie."),
        }

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["session_minutes"].validators += [MinValueValidator(5), MaxValueValidator(240)]


class YearForm(forms.Form):
    """The school year to open, and the zone whose holidays it has."""

    school_zone = forms.ChoiceField(
        label=_("Zone des vacances scolaires"),
        help_text=_("Celle de votre académie. Outre-mer, vous saisirez les vacances dans le calendrier."),
        choices=[("A", _("Zone A")), ("B", _("Zone B")), ("C", _("Zone C")), ("", _("Outre-mer"))],
        required=False,
    )
    year = forms.ChoiceField(
        label=_("Année scolaire"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez l'année."), "invalid_choice": _("Choisissez l'une de ces années.")},
    )

    def __init__(self, *args: Any, years: Sequence[tuple[date, date]], **rest: Any) -> None:
        """`years`: those that may be opened, first and last days; none once a year stands."""
        super().__init__(*args, **rest)
        if not years:
            del self.fields["year"]
            return
        field = self.fields["year"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (str(first.year), _("%(first)s-%(last)s") % {"first": first.year, "last": last.year})
            for first, last in years
        ]


class ColorForm(forms.Form):
    """The town's colour."""

    couleur = forms.CharField(
        label=_("Couleur"),
        help_text=_("Celle de votre logo ou de votre charte, par exemple #0b5a7a."),
        max_length=7,
        widget=forms.TextInput({"type": "color"}),
        error_messages={"required": _("Choisissez une couleur.")},
    )

    def clean_couleur(self) -> str:
        try:
            return normalized(self.cleaned_data["couleur"])
        except BadColor:
            raise ValidationError(_("Une couleur s'écrit comme #0b5a7a.")) from None


def _phone(typed: str) -> str:
    if typed and not _PHONE.match(typed):
        raise ValidationError(_("Ce n'est pas un numéro de téléphone\u00a0: il s'écrit comme 01 30 98 10 78."))
    return typed
