"""Who an operator is: address, name, roles."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lps.accounts.agents import Profile
from lps.accounts.models import Account
from lps.accounts.services import AccountRefused
from lps.console import words
from lps.ui.forms import EMAIL_ERRORS

# The field under which a refusal is read; any other stands above the form.
_FIELDS = {"unknown_role": "roles", "last_operator": "roles", "email_taken": "email", "bad_address": "email"}


class OperatorForm(forms.Form):
    """What is decided of an operator."""

    name = forms.CharField(
        label=_("Prénom et nom"),
        help_text=_("Les communes le lisent dans leur journal."),
        max_length=120,
        error_messages={"required": _("Donnez le prénom et le nom.")},
    )
    roles = forms.MultipleChoiceField(
        label=_("Rôles"),
        choices=list(words.ROLES.items()),
        widget=forms.CheckboxSelectMultiple(),
        error_messages={
            "required": _("Choisissez au moins un rôle."),
            "invalid_choice": _("Ce rôle n'existe pas."),
        },
    )

    @property
    def profile(self) -> Profile:
        """What was chosen, once the form is valid."""
        return Profile(name=self.cleaned_data["name"], roles=tuple(self.cleaned_data["roles"]))

    def refuse(self, error: AccountRefused) -> None:
        """Say why under the field that it is about."""
        field = _FIELDS.get(error.refusal.code)
        self.add_error(field if field in self.fields else None, words.account_refused(error.refusal))


class InvitationForm(OperatorForm):
    """A new operator."""

    email = forms.EmailField(
        label=_("Adresse e-mail"),
        help_text=_("Le lien y est envoyé. Elle servira à se connecter."),
        max_length=254,
        error_messages=EMAIL_ERRORS,
        widget=forms.EmailInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("email", "name", "roles")


def initial_of(account: Account) -> dict[str, Any]:
    """An account as its form shows it."""
    return {"name": account.name, "roles": account.roles}
