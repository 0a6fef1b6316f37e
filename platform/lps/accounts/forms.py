"""The forms of the doors and of an agent's own access."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lps.accounts import recovery
from lps.accounts.services import LONGEST_PASSWORD
from lps.accounts.totp import DIGITS
from lps.ui.forms import EMAIL_ERRORS, DigitsField

PASSWORD_RULES = _(
    "Douze signes au moins. Le plus simple à retenir et le plus sûr : une phrase de quatre ou cinq mots. "
    "Ni votre adresse e-mail, ni un mot de passe courant."
)


class PasswordField(forms.CharField):
    """A password: what is typed is never sent back. `known` is for one's present password."""

    def __init__(self, *, known: bool = True, **rest: Any) -> None:
        completion = "current-password" if known else "new-password"
        super().__init__(
            max_length=LONGEST_PASSWORD, strip=False, widget=forms.PasswordInput({"autocomplete": completion}), **rest
        )


class OneTimeField(DigitsField):
    """The six digits of the telephone or, where `with_recovery`, the twelve of a recovery code."""

    def __init__(self, *, with_recovery: bool = False, **rest: Any) -> None:
        most = recovery.DIGITS if with_recovery else DIGITS
        super().__init__(least=DIGITS, most=most, autocomplete="one-time-code", **rest)
        if with_recovery:
            self.help_text = _(
                "Les six chiffres de votre application d'authentification. Téléphone perdu ? "
                "Saisissez l'un de vos codes de secours, à douze chiffres."
            )

    def validate(self, value: str) -> None:
        """A code of another length is neither."""
        super().validate(value)
        if value and len(value) not in (self.least, self.most):
            raise ValidationError(
                _("Six chiffres pour le code du téléphone, douze pour un code de secours."), code="length"
            )


class SignInForm(forms.Form):
    """The three proofs in one form, so that no answer tells which one was wrong."""

    email = forms.EmailField(
        label=_("Adresse e-mail"),
        max_length=254,
        error_messages=EMAIL_ERRORS,
        widget=forms.EmailInput({"autocomplete": "username", "spellcheck": "false"}),
    )
    password = PasswordField(label=_("Mot de passe"), error_messages={"required": _("Saisissez votre mot de passe.")})
    code = OneTimeField(
        label=_("Code à usage unique"), help_text=_("Les six chiffres de votre application d'authentification.")
    )

    def __init__(self, *args: Any, with_recovery: bool = False, **rest: Any) -> None:
        super().__init__(*args, **rest)
        if with_recovery:
            self.fields["code"] = OneTimeField(label=_("Code à usage unique"), with_recovery=True)

    def refuse(self, sentence: str) -> None:
        """Say why, above the form; the code typed is used or stale, another one is to be typed."""
        self.add_error(None, sentence)
        self.data = {"email": self.data.get("email", "")}


class ProofForm(forms.Form):
    """The password again, before what a borrowed screen must not do."""

    current = PasswordField(
        label=_("Votre mot de passe actuel"), error_messages={"required": _("Saisissez votre mot de passe actuel.")}
    )


class _Chosen(forms.Form):
    """A password chosen, typed twice."""

    new = PasswordField(
        label=_("Nouveau mot de passe"),
        help_text=PASSWORD_RULES,
        known=False,
        error_messages={"required": _("Choisissez un mot de passe.")},
    )
    again = PasswordField(
        label=_("Le même, encore une fois"),
        known=False,
        error_messages={"required": _("Saisissez le mot de passe une seconde fois.")},
    )

    def clean_again(self) -> str:
        """The same twice."""
        again: str = self.cleaned_data["again"]
        if "new" in self.cleaned_data and again != self.cleaned_data["new"]:
            raise ValidationError(_("Les deux mots de passe ne sont pas les mêmes."))
        return again


class PasswordForm(_Chosen):
    """A new password in place of the present one."""

    current = ProofForm.base_fields["current"]
    field_order = ("current", "new", "again")


class TelephoneForm(forms.Form):
    """The telephone's first code."""

    code = OneTimeField(
        label=_("Le code affiché par l'application"), help_text=_("Six chiffres, qui changent toutes les 30 secondes.")
    )


class AccessForm(_Chosen, TelephoneForm):
    """Behind an invitation: a password chosen, and the telephone's first code."""

    field_order = ("new", "again", "code")
