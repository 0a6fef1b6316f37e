"""The settings of online payment, as the régie fills them in with the contract of the DGFiP before her."""

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.forms.fields import EurosField
from billing.models import CashOffice
from billing.payfip import Client, Refused, Unavailable
from billing.payfip.facts import MAXIMUM, MINIMUM, subject
from billing.services.offices import ONLINE

SAMPLE = {"numero": "2012-001-000056", "libelle": "JANVIER 2012"}
_PLAIN = ProhibitNullCharactersValidator()
_BRACES = re.compile(r"(?:[^{}]|\{numero\}|\{libelle\})*")
_MODES = {
    CashOffice.Protocol.WEB_SERVICE: ("T", "X", "W"),
    CashOffice.Protocol.URL_REGIE: ("T", "X", "A", "M"),
    CashOffice.Protocol.URL_TITRE: ("T", "X", "A", "M"),
}
# The functional faults of recupererDetailClient that an agent can do something about.
FAULTS: dict[str, str | Promise] = {
    "T1": _("Ce numéro de client est mal formé : il compte six chiffres, relisez le contrat."),
    "T2": _("La DGFiP ne connaît pas ce numéro de client : relisez le contrat."),
    "T4": _("Ce client n'a pas l'accès sécurisé au web service : demandez-le à votre correspondant PayFiP."),
}


class OnlineForm(forms.ModelForm):  # type: ignore[type-arg]
    """One set for each régie or product that has its own client number."""

    minimum = EurosField(label=_("Minimum en ligne (euros)"), help_text=_("1 € au moins\u00a0: PayFiP le veut."))
    maximum = EurosField(label=_("Maximum en ligne (euros)"))
    confirm = forms.BooleanField(
        label=_("Je passe en production"),
        required=False,
        help_text=_(
            "À cocher seulement pour choisir W, A ou M\u00a0: l'argent des familles est alors vraiment prélevé. La "
            "DGFiP doit avoir prononcé la mise en service, après un paiement réussi en mode X."
        ),
    )

    class Meta:
        model = CashOffice
        fields = ONLINE
        help_texts = {
            "online": _("Décoché\u00a0: les factures disent de payer à la mairie ou à la Trésorerie."),
            "collectivity": _("Comme il est écrit au contrat\u00a0: les familles le lisent sur la page du Trésor."),
            "numcli": _("Six chiffres, au contrat signé avec la DGFiP. Vérifiez-le ensuite avec le bouton d'essai."),
            "protocol": _(
                "Une régie passe par le web service. Les titres et les régies d'avant passent par adresse\u00a0: leurs "
                "paiements ne sont comptés qu'avec le fichier de PayFiP, à «\u00a0Rapprochement\u00a0»."
            ),
            "mode": _("T pour essayer, X pour le premier paiement réel, puis W en production (ou A, M par adresse)."),
            "subject": _("{numero} et {libelle} sont remplacés. Le Trésor ne garde que lettres, chiffres et espaces."),
            "revenue_code": _("Deux chiffres, donnés par la Trésorerie."),
            "online_limit_day": _("Les factures du mois se paient en ligne jusqu'à ce jour, à minuit. De 1 à 28."),
            "pop_up": _("Laissez décoché\u00a0: les téléphones bloquent les fenêtres à part."),
            "treasury_hours": _("Les familles les lisent quand le délai en ligne est passé."),
        }

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.was_in_production = bool(self.instance.pk and self.instance.online and self.instance.in_production)
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                field.validators.append(_PLAIN)

    def clean_subject(self) -> str:
        """A template that can be filled, and that leaves something for the Treasury."""
        written = str(self.cleaned_data["subject"])
        if not _BRACES.fullmatch(written):
            raise forms.ValidationError(_("Seuls {numero} et {libelle} se remplacent, avec leurs accolades."))
        if not filled_subject(written):
            raise forms.ValidationError(_("Il ne resterait rien de cet objet\u00a0: écrivez des lettres."))
        return written

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        protocol, mode = given.get("protocol"), given.get("mode")
        if protocol and mode and mode not in _MODES[protocol]:
            self.add_error(
                "mode", _("Ce mode n'est pas pour ce protocole\u00a0: W au web service, A ou M par adresse.")
            )
        if given.get("online") and not given.get("numcli"):
            self.add_error("numcli", _("Le paiement en ligne demande le numéro de client du contrat."))
        minimum, maximum = given.get("minimum"), given.get("maximum")
        if minimum is not None and not MINIMUM <= minimum <= MAXIMUM:
            self.add_error("minimum", _("Le minimum va de 1 € à 99 999,99 €."))
        if minimum is not None and maximum is not None and not minimum <= maximum <= MAXIMUM:
            self.add_error("maximum", _("Le maximum va du minimum à 99 999,99 €."))
        if given.get("online") and mode in ("W", "A", "M") and not self.was_in_production and not given.get("confirm"):
            self.add_error("confirm", _("Cochez cette case pour passer en production."))
        return given

    @property
    def facts(self) -> dict[str, Any]:
        """What the régie decided, once the form is valid."""
        return {name: self.cleaned_data[name] for name in ONLINE}


@dataclass(frozen=True, slots=True)
class Tried:
    """What the Treasury answers of a client number: its labels, or the sentence of the fault."""

    labels: tuple[str, ...] = ()
    fault: str | Promise = ""


def filled_subject(template: str) -> str:
    """What the Treasury would receive for a sample invoice."""
    for name, value in SAMPLE.items():
        template = template.replace(f"{{{name}}}", value)
    return subject(template)


def try_customer(numcli: str) -> Tried:
    """Ask the Treasury how it names this client number (`recupererDetailClient`); has no effect there."""
    try:
        found = Client(settings.LPS_PAYFIP_URL).customer(numcli)
    except Refused as error:
        said = FAULTS.get(error.code) or _("La DGFiP refuse ce numéro (code %(code)s).") % {"code": error.code}
        return Tried(fault=said)
    except Unavailable:
        return Tried(fault=_("Le Trésor ne répond pas en ce moment. Rien n'est perdu\u00a0: recommencez plus tard."))
    return Tried(labels=found.labels)
