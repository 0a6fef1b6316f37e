"""The sign-in form of agents and operators."""

from django import forms
from django.utils.translation import gettext_lazy as _

from lps.accounts.services import LONGEST_PASSWORD
from lps.accounts.totp import DIGITS
from lps.ui.forms import EMAIL_ERRORS, DigitsField


class SignInForm(forms.Form):
    """The three proofs in one form, so that no answer tells which one was wrong."""

    email = forms.EmailField(
        label=_("Adresse e-mail"),
        max_length=254,
        error_messages=EMAIL_ERRORS,
        widget=forms.EmailInput({"autocomplete": "username", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Mot de passe"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        error_messages={"required": _("Saisissez votre mot de passe.")},
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    code = DigitsField(
        label=_("Code à usage unique"),
        help_text=_("Les six chiffres de votre application d'authentification."),
        least=DIGITS,
        most=DIGITS,
        autocomplete="one-time-code",
    )

    def refuse(self, sentence: str) -> None:
        """Say why, above the form; the code typed is used or stale, another one is to be typed."""
        self.add_error(None, sentence)
        self.data = {"email": self.data.get("email", "")}
