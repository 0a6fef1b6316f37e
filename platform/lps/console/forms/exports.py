"""The passphrase of an export, typed twice: nobody can give it back."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lps.console.exporting import LONGEST, SHORTEST

_SECRET = {"autocomplete": "new-password"}


class ExportForm(forms.Form):
    """What opens the sealed part of the archive."""

    passphrase = forms.CharField(
        label=_("Phrase secrète"),
        help_text=_("16 caractères au moins : quatre ou cinq mots sans lien entre eux. Notez-la à part de l'archive."),
        min_length=SHORTEST,
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(_SECRET),
        error_messages={
            "required": _("Choisissez une phrase secrète."),
            "min_length": _("Cette phrase est trop courte : il en faut 16 caractères au moins."),
            "max_length": _("Cette phrase est trop longue : 200 caractères au plus."),
        },
    )
    again = forms.CharField(
        label=_("La même phrase, encore une fois"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(_SECRET),
        error_messages={"required": _("Retapez la phrase secrète.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, second = cleaned.get("passphrase"), cleaned.get("again")
        if first and second and first != second:
            raise ValidationError({"again": _("Les deux phrases ne sont pas les mêmes.")})
        return cleaned
