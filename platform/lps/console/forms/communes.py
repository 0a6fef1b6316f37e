"""What an operator says of a commune: opening it, and changing its state."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lps.accounts import words as refusals
from lps.accounts.services import AccountRefused
from lps.console.opening import FirstAgent
from lps.console.services import CannotOpen, Identity
from lps.console.states import Wanted
from lps.families.phones import BadPhone, clean, region_of
from lps.kernel.text import sort_key
from lps.ui.forms import EMAIL_ERRORS
from tenants.models import Commune, CommuneState

ZONES = ("Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "America/St_Barthelemy",
         "America/Marigot", "America/Miquelon", "Indian/Reunion", "Indian/Mayotte", "Pacific/Noumea",
         "Pacific/Tahiti", "Pacific/Marquesas", "Pacific/Gambier", "Pacific/Wallis")  # fmt: skip
CATALOGUES = {
    "jeudi-17h": _("On réserve jusqu'au jeudi 17h00 de la semaine précédente"),
    "veille-17h": _("On réserve jusqu'à la veille, 17h00"),
    "": _("Aucun : la mairie fait tout depuis sa mise en route"),
}


class OpenForm(forms.Form):
    """One form, and the commune answers."""

    header = forms.CharField(
        label=_("Nom en tête de page"),
        help_text=_("Comme la commune se nomme : « Ville de Buchelay »."),
        max_length=120,
        error_messages={"required": _("Donnez le nom que les familles liront en tête de page.")},
    )
    place = forms.CharField(
        label=_("Nom de la commune"),
        max_length=120,
        error_messages={"required": _("Donnez le nom de la commune.")},
    )
    slug = forms.CharField(
        label=_("Nom dans l'adresse"),
        help_text=_("Lettres sans accent, chiffres et tirets. Vide : tiré du nom de la commune."),
        max_length=60,
        required=False,
    )
    domains = forms.CharField(
        label=_("Ses propres noms de domaine"),
        help_text=_("Facultatif, séparés par des espaces : « portail.buchelay.fr »."),
        max_length=600,
        required=False,
    )
    insee = forms.CharField(
        label=_("Code INSEE"), help_text=_("Cinq caractères : 78118."), max_length=5, required=False
    )
    siret = forms.CharField(label=_("SIRET"), help_text=_("Quatorze chiffres."), max_length=20, required=False)
    time_zone = forms.ChoiceField(label=_("Fuseau horaire"), choices=[(one, one) for one in ZONES])
    school_zone = forms.ChoiceField(
        label=_("Zone scolaire"), choices=[("A", "A"), ("B", "B"), ("C", "C"), ("", _("outre-mer"))], required=False
    )
    number = forms.CharField(
        label=_("Numéro de son serveur vocal"),
        help_text=_("Facultatif : la mairie peut le donner plus tard."),
        max_length=30,
        required=False,
    )
    template = forms.ChoiceField(
        label=_("Modèle de catalogue"), choices=list(CATALOGUES.items()), required=False, widget=forms.RadioSelect()
    )
    to_open = forms.BooleanField(
        label=_("Phase de test"),
        help_text=_("Les agents préparent, les familles d'essai se connectent, les autres lisent la date."),
        required=False,
    )
    opens_on = forms.DateField(
        label=_("Ouvre aux familles le"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Cette date n'existe pas.")},
    )
    agent_name = forms.CharField(
        label=_("Prénom et nom du premier agent"),
        max_length=120,
        error_messages={"required": _("Donnez le prénom et le nom de l'agent qui prépare la commune.")},
    )
    agent_email = forms.EmailField(
        label=_("Son adresse e-mail"),
        help_text=_("Il y reçoit le lien de son accès."),
        error_messages=EMAIL_ERRORS,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["slug"] = cleaned.get("slug") or slug_of(cleaned.get("place", ""))
        cleaned["number"] = self._number(cleaned)
        cleaned["siret"] = re.sub(r"\s", "", cleaned.get("siret", ""))
        return cleaned

    def _number(self, cleaned: dict[str, Any]) -> str:
        """The voice number as it is kept, in the numbering of the commune's zone."""
        typed, zone = cleaned.get("number", ""), cleaned.get("time_zone") or ZONES[0]
        try:
            return clean(typed, region=region_of(ZoneInfo(zone))) if typed else ""
        except BadPhone:
            self.add_error("number", str(_("Ce numéro n'existe pas : écrivez-le comme on le compose.")))
            return ""

    @property
    def identity(self) -> Identity:
        """What the registry will hold, once the form is valid."""
        told = self.cleaned_data
        return Identity(
            slug=told["slug"],
            header_name=told["header"],
            place_name=told["place"],
            insee=told["insee"].upper(),
            siret=told["siret"],
            time_zone=told["time_zone"],
            domains=tuple(dict.fromkeys(told["domains"].lower().split())),
            to_open=told["to_open"],
            opens_on=told["opens_on"],
        )

    @property
    def agent(self) -> FirstAgent:
        """Who is invited."""
        return FirstAgent(self.cleaned_data["agent_name"], self.cleaned_data["agent_email"])

    def refuse(self, error: CannotOpen | AccountRefused) -> None:
        """Say why it was not opened."""
        if isinstance(error, AccountRefused):
            self.add_error("agent_email", refusals.account_refused(error.refusal))
        else:
            self.add_error(None, str(error))


class StateForm(forms.Form):
    """Another state, and the sentence that people read meanwhile."""

    state = forms.ChoiceField(label=_("Nouvel état"), widget=forms.RadioSelect())
    reason = forms.CharField(
        label=_("Ce que les familles et les agents liront"),
        help_text=_("Une phrase simple : pourquoi, et jusqu'à quand. Sans objet pour une commune active."),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, states: tuple[CommuneState, ...], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["state"].choices = [(one.value, one.label) for one in states]  # type: ignore[attr-defined]
        self.fields["state"].error_messages |= {
            "required": _("Choisissez le nouvel état."),
            "invalid_choice": _("Cet état ne peut pas suivre le présent : rechargez la page."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        state = cleaned.get("state")
        if state and state != CommuneState.ACTIVE and not cleaned.get("reason", "").strip():
            raise ValidationError({"reason": _("Écrivez la phrase que les familles et les agents liront.")})
        return cleaned

    @property
    def wanted(self) -> Wanted:
        """What was decided, once the form is valid."""
        return Wanted(CommuneState(self.cleaned_data["state"]), self.cleaned_data["reason"])


class OpeningDayForm(forms.Form):
    """From which day families come in."""

    opens_on = forms.DateField(
        label=_("Ouvre aux familles le"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Cette date n'existe pas.")},
    )


def slug_of(place: str) -> str:
    """A name for the address, of a commune's name."""
    return re.sub(r"[^a-z0-9]+", "-", sort_key(place)).strip("-")[:40]


def initial_of(commune: Commune) -> dict[str, Any]:
    """The opening day as it stands."""
    return {"opens_on": commune.opens_on}
