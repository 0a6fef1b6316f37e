"""The forms of the page of sendings: how e-mails and SMS leave, and trying one's own telephone."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from lps.ui.forms import EMAIL_ERRORS
from notifications.gateways import ASKED, console_exists
from notifications.models import SendingSettings
from notifications.render import NOBODY
from notifications.rules.numbers import BadNumber, mobile
from notifications.services.sending import CHANGEABLE
from tenants import context
from tenants.queries import host_of

Provider = SendingSettings.Provider
SECRETS = {
    "application_key": _("OVHcloud\u00a0: clé d'application"),
    "application_secret": _("OVHcloud\u00a0: secret d'application"),
    "consumer_key": _("OVHcloud\u00a0: clé de consommateur"),
    "service": _("OVHcloud\u00a0: nom du compte SMS"),
    "api_key": _("Brevo\u00a0: clé d'API"),
}
NUMBERS = {
    "unreadable": _("Ce numéro n'est pas complet\u00a0: il s'écrit comme 06 12 34 56 78."),
    "not_mobile": _("Ce numéro n'est pas un portable\u00a0: il commence par 06 ou 07."),
    "premium": _("Ce numéro est surtaxé\u00a0: donnez un portable."),
}


class SendingForm(forms.ModelForm):  # type: ignore[type-arg]
    """How the commune sends. Identifiers already given are never shown: an empty field keeps them."""

    class Meta:
        model = SendingSettings
        fields = CHANGEABLE
        localized_fields = ("part_price", "monthly_cap")
        labels = {
            "email_name": _("Nom d'expéditeur des courriels"),
            "email_local": _("Adresse d'expéditeur des courriels, avant @"),
            "reply_to": _("Adresse de réponse des courriels"),
            "sender": _("Nom d'expéditeur des SMS"),
            "part_price": _("Prix d'un SMS (euros)"),
            "monthly_cap": _("Plafond du mois (euros)"),
            "opens": _("Actualités à partir de"),
            "closes": _("Actualités jusqu'à"),
        }
        help_texts = {
            "email_name": _(
                "Ce que les familles lisent, par exemple « Service scolaire ». Vide : le nom de la commune."
            ),
            "reply_to": _(
                "L'adresse de la mairie où les réponses des familles arrivent. Vide, personne ne les lit, et les "
                "courriels le disent."
            ),
            "sender": _("De 3 à 11 lettres sans accent, chiffres ou espaces. On ne peut pas y répondre."),
            "part_price": _("Celui de votre contrat. Il sert à annoncer le coût et à compter le plafond."),
            "monthly_cap": _("Au-delà, seuls les messages de danger partent. 0\u00a0: aucun autre SMS."),
            "opens": _("Les actualités attendent cette heure, et ne partent ni le dimanche ni les jours fériés."),
        }
        error_messages = {"reply_to": EMAIL_ERRORS}
        widgets = {
            "opens": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "closes": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, kept: bool, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._kept = kept
        self.fields["part_price"].validators.append(MinValueValidator(Decimal(0)))
        offered = [one for one in Provider.choices if one[0] != Provider.CONSOLE or console_exists()]
        self.fields["provider"] = forms.ChoiceField(label=_("Prestataire de SMS"), choices=offered, required=False)
        self.fields["email_local"].help_text = _(
            "Suivi de @%(host)s, toujours : c'est le domaine de votre portail, que les boîtes reconnaissent. Une "
            "adresse d'un autre domaine, même le vôtre, passerait pour un faux. Vide : %(nobody)s."
        ) % {"host": host_of(context.current()), "nobody": NOBODY}
        self.before = {name: getattr(self.instance, name) for name in self.Meta.fields}
        for name, label in SECRETS.items():
            hidden = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
            is_kept = kept and name in ASKED.get(self._provider, ())
            hint = _("Déjà donné. Laissez vide pour le garder.") if is_kept else ""
            self.fields[name] = forms.CharField(
                label=label, required=False, max_length=200, widget=hidden, help_text=hint, strip=True
            )
        self.order_fields(["email_name", "email_local", "reply_to", "provider", *SECRETS])

    @property
    def _provider(self) -> str:
        return str(self.instance.provider)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        provider = given.get("provider", "")
        asked = ASKED.get(provider, ())
        keeps = self._kept and provider == self.before["provider"] and not any(given.get(name) for name in asked)
        for name in asked:
            if not keeps and not given.get(name) and name not in self.errors:
                self.add_error(name, _("Ce prestataire demande cet identifiant."))
        if provider and not given.get("sender") and "sender" not in self.errors:
            self.add_error("sender", _("Donnez le nom que les habitants liront, par exemple MAIRIE."))
        return given

    @property
    def wanted(self) -> dict[str, Any]:
        """What the agent changed, once the form is valid."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields if name in self.changed_data}

    @property
    def credentials(self) -> dict[str, str] | None:
        """The provider's identifiers when they were typed, nothing of the former one's; None to keep what is there."""
        asked = ASKED.get(self.cleaned_data["provider"], ())
        given = {name: self.cleaned_data[name] for name in asked if self.cleaned_data[name]}
        if given:
            return given
        return {} if self._kept and self.cleaned_data["provider"] != self.before["provider"] else None


class TrialForm(forms.Form):
    """A telephone to try."""

    number = forms.CharField(
        label=_("Votre portable"),
        max_length=30,
        error_messages={"required": _("Saisissez votre numéro de portable.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def clean_number(self) -> str:
        try:
            return mobile(self.cleaned_data["number"])
        except BadNumber as bad:
            raise forms.ValidationError(NUMBERS[bad.code]) from None
