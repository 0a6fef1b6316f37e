"""Who an agent is in the town hall: name, roles, schools, activities."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking import api_queries as booking
from lps.accounts import words as refusals
from lps.accounts.agents import Profile
from lps.accounts.models import Account
from lps.accounts.services import AccountRefused
from lps.families import api_queries as families
from lps.office import words
from lps.ui.forms import EMAIL_ERRORS

Choices = list[tuple[int, str]]
# The field under which a refusal is read; any other stands above the form.
_FIELDS = {
    "unknown_role": "roles",
    "last_administrator": "roles",
    "kept_administrator": "roles",
    "email_taken": "email",
    "bad_address": "email",
}


class _Places(forms.TypedMultipleChoiceField):
    """Schools or activities; none means all."""

    def __init__(self, *, label: Any, help_text: Any) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple(),
            error_messages={"invalid_choice": _("Ce choix n'existe plus : rechargez la page.")},
        )


class ProfileForm(forms.Form):
    """What an administrator decides of an agent."""

    name = forms.CharField(
        label=_("Prénom et nom"),
        help_text=_("Les familles le lisent dans l'historique de leurs réservations."),
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
    sites = _Places(label=_("Écoles"), help_text=_("Ne cochez rien pour toutes les écoles."))
    activities = _Places(
        label=_("Activités"),
        help_text=_(
            "Ne cochez rien pour toutes les activités. Un agent limité à des activités, sans école, n'ouvre que leurs "
            "listes du jour\u00a0: les dossiers des familles lui restent fermés."
        ),
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        for field, choices in (("sites", all_sites()), ("activities", all_activities())):
            if choices:
                self.fields[field].choices = choices  # type: ignore[attr-defined]
            else:
                del self.fields[field]

    @property
    def profile(self) -> Profile:
        """What was chosen, once the form is valid."""
        given = self.cleaned_data
        return Profile(
            name=given["name"],
            roles=tuple(given["roles"]),
            sites=tuple(given.get("sites", ())),
            activities=tuple(given.get("activities", ())),
        )

    def refuse(self, error: AccountRefused) -> None:
        """Say why under the field that it is about."""
        field = _FIELDS.get(error.refusal.code)
        self.add_error(field if field in self.fields else None, refusals.account_refused(error.refusal))


class InvitationForm(ProfileForm):
    """A new agent."""

    email = forms.EmailField(
        label=_("Adresse e-mail"),
        help_text=_("L'invitation y est envoyée. L'agent s'en servira pour se connecter."),
        max_length=254,
        error_messages=EMAIL_ERRORS,
        widget=forms.EmailInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("email", "name", "roles", "sites", "activities")


def initial_of(account: Account) -> dict[str, Any]:
    """An account as its form shows it."""
    return {
        "name": account.name,
        "roles": account.roles,
        "sites": account.sites,
        "activities": account.activities,
    }


def all_sites() -> Choices:
    """The schools and other places of the town."""
    return [(site.pk, site.name) for site in families.sites()]


def all_activities() -> Choices:
    """The activities of the town."""
    return [(activity.pk, activity.name) for activity in booking.activities()]


def chosen(choices: Choices, keys: Collection[int]) -> list[str]:
    """The names of some of them."""
    return [name for key, name in choices if key in keys]
