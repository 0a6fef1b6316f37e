"""An operator's line, and a number with its commune, as operators of ours type them."""

import ipaddress
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lps.console.lines import Wanted
from lps.families.phones import BadPhone, clean, region_of
from tenants.models import Commune, OperatorLine

WIDEST = 16  # bits of a network: no operator calls from more than 65,536 addresses
_SERVER = re.compile(r"(?=.{1,200}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
_USER = re.compile(r"[A-Za-z0-9+._-]{1,64}")
_CALLED = re.compile(r"\+?[0-9]{4,20}")
_PASSWORD = re.compile(r"[!-~]([ -~]{0,126}[!-~])?")
Kind = OperatorLine.Kind


class LineForm(forms.Form):
    """A line. Its password is never shown again: an empty field keeps it."""

    name = forms.CharField(
        label=_("Nom de la ligne"),
        help_text=_("Pour s'y retrouver ici\u00a0: «\u00a0OVH, Buchelay\u00a0»."),
        max_length=80,
        error_messages={"required": _("Donnez un nom à cette ligne.")},
    )
    commune = forms.ChoiceField(label=_("À qui est le contrat"), required=False)
    kind = forms.ChoiceField(
        label=_("Comment les appels arrivent"),
        choices=[
            (Kind.REGISTRATION, _("Un compte\u00a0: nous nous enregistrons chez l'opérateur")),
            (Kind.ADDRESS, _("Un trunk\u00a0: l'opérateur appelle depuis ses adresses")),
        ],
        widget=forms.RadioSelect(),
        error_messages={"required": _("Dites comment les appels arrivent.")},
    )
    server = forms.CharField(
        label=_("Serveur de l'opérateur"),
        help_text=_("Pour un compte. Comme «\u00a0sip5.ovh.fr\u00a0», ou «\u00a0sip.exemple.fr:5062\u00a0»."),
        max_length=200,
        required=False,
    )
    username = forms.CharField(
        label=_("Identifiant"),
        help_text=_("Souvent le numéro\u00a0: «\u00a00033476549340\u00a0»."),
        max_length=64,
        required=False,
    )
    password = forms.CharField(
        label=_("Mot de passe"),
        help_text=_("Il est scellé et ne se relit pas."),
        max_length=128,
        strip=False,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    proxy = forms.CharField(
        label=_("Serveur mandataire (outbound proxy)"),
        help_text=_("Seulement si l'opérateur en demande un."),
        max_length=200,
        required=False,
    )
    contact = forms.CharField(
        label=_("Numéro appelé"),
        help_text=_("Si l'identifiant n'est pas le numéro que composent les familles\u00a0: écrivez ce numéro."),
        max_length=32,
        required=False,
    )
    networks = forms.CharField(
        label=_("Adresses de l'opérateur"),
        help_text=_(
            "Pour un trunk\u00a0: ses adresses IPv4 publiées, séparées par des espaces, comme "
            "«\u00a091.121.129.0/24\u00a0»."
        ),
        max_length=400,
        required=False,
    )
    is_open = forms.BooleanField(label=_("En service"), required=False, initial=True)

    def __init__(self, *args: Any, communes: list[Commune], line: OperatorLine | None = None, **rest: Any) -> None:
        """`line`: the one that is changed, if one is."""
        super().__init__(*args, **rest)
        self._communes = {one.slug: one for one in communes}
        self._keeps = bool(line and line.password)
        choices = [("", _("Le nôtre, pour plusieurs communes")), *((one.slug, one.header_name) for one in communes)]
        self.fields["commune"].choices = choices  # type: ignore[attr-defined]
        self.fields["commune"].error_messages["invalid_choice"] = _(
            "Cette commune n'existe pas\u00a0: choisissez-la ici."
        )
        if self._keeps:
            self.fields["password"].help_text = _("Déjà donné. Laissez vide pour le garder.")

    def clean_server(self) -> str:
        return _server(self.cleaned_data["server"])

    def clean_proxy(self) -> str:
        return _server(self.cleaned_data["proxy"])

    def clean_username(self) -> str:
        typed: str = self.cleaned_data["username"]
        if typed and not _USER.fullmatch(typed):
            raise ValidationError(_("Un identifiant n'a que des lettres, des chiffres et les signes + . _ -"))
        return typed

    def clean_password(self) -> str:
        typed: str = self.cleaned_data["password"]
        if typed and not _PASSWORD.fullmatch(typed):
            raise ValidationError(_("Ce mot de passe a un accent ou une espace au bord\u00a0: recopiez-le tel quel."))
        return typed

    def clean_contact(self) -> str:
        typed = re.sub(r"[\s.]", "", self.cleaned_data["contact"])
        if typed and not _CALLED.fullmatch(typed):
            raise ValidationError(_("Ce n'est pas un numéro\u00a0: il s'écrit comme 0033476549340."))
        return typed

    def clean_networks(self) -> str:
        words = self.cleaned_data["networks"].replace(",", " ").replace(";", " ").split()
        return " ".join(dict.fromkeys(_network(word) for word in words))

    def clean(self) -> dict[str, Any]:
        """What the chosen kind needs."""
        given = super().clean() or {}
        if given.get("kind") == Kind.ADDRESS:
            self._require("networks", _("Donnez les adresses d'où l'opérateur appelle\u00a0: nul autre n'est écouté."))
        elif given.get("kind") == Kind.REGISTRATION:
            self._require("server", _("Donnez le serveur chez lequel s'enregistrer."))
            self._require("username", _("Donnez l'identifiant du compte."))
            if not self._keeps:
                self._require("password", _("Donnez le mot de passe du compte."))
            called = given.get("contact") or given.get("username", "")
            if called and not _CALLED.fullmatch(called) and "contact" not in self.errors:
                self.add_error(
                    "contact", _("L'identifiant n'est pas un numéro\u00a0: écrivez celui que les familles composent.")
                )
        return given

    @property
    def wanted(self) -> Wanted:
        """What was decided, once the form is valid."""
        given = dict(self.cleaned_data)
        given["commune"] = self._communes.get(given["commune"])
        given["password"] = given["password"] or None
        return Wanted(**given)

    def _require(self, name: str, sentence: Any) -> None:
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, sentence)


class NumberForm(forms.Form):
    """A number and the commune that answers there."""

    number = forms.CharField(
        label=_("Numéro"),
        max_length=30,
        widget=forms.TextInput({"type": "tel", "autocomplete": "off"}),
        error_messages={"required": _("Donnez le numéro que les familles composent.")},
    )
    commune = forms.ChoiceField(
        label=_("Commune qui y répond"),
        error_messages={
            "required": _("Choisissez la commune qui y répond."),
            "invalid_choice": _("Cette commune n'existe pas\u00a0: choisissez-la ici."),
        },
    )

    def __init__(self, *args: Any, communes: list[Commune], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._communes = {one.slug: one for one in communes}
        choices = [("", _("Choisissez…")), *((one.slug, one.header_name) for one in communes)]
        self.fields["commune"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The number as the commune's own telephones dial it."""
        given = super().clean() or {}
        if given.get("number") and given.get("commune"):
            given["commune"] = self._communes[given["commune"]]
            try:
                given["number"] = clean(given["number"], region=region_of(given["commune"].zone))
            except BadPhone:
                self.add_error(
                    "number", _("Ce n'est pas un numéro de téléphone\u00a0: il s'écrit comme 04 76 54 93 40.")
                )
        return given


def initial_of(line: OperatorLine) -> dict[str, Any]:
    """A line as it stands, but for its password."""
    names = ("name", "kind", "server", "username", "proxy", "contact", "networks", "is_open")
    return {name: getattr(line, name) for name in names} | {"commune": line.commune.slug if line.commune else ""}


def _server(typed: str) -> str:
    typed = typed.strip().lower().removeprefix("sip:")
    port = typed.partition(":")[2]
    if typed and (not _SERVER.fullmatch(typed) or (port and not 0 < int(port) < 65536)):
        raise ValidationError(
            _("Un serveur s'écrit comme «\u00a0sip5.ovh.fr\u00a0» ou «\u00a0sip.exemple.fr:5062\u00a0».")
        )
    return typed


def _network(word: str) -> str:
    try:
        found = ipaddress.IPv4Network(word, strict=False)
    except ValueError:
        raise ValidationError(
            _("Une adresse s'écrit comme «\u00a091.121.129.17\u00a0» ou «\u00a091.121.129.0/24\u00a0».")
        ) from None
    if found.prefixlen < WIDEST:
        raise ValidationError(_("C'est trop large\u00a0: donnez les adresses publiées par l'opérateur, /16 au plus."))
    return str(found)
