"""The typed confirmation of an erasure, and why it is refused."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

REFUSED = {
    "not_closed": _("Cette commune n'est pas fermée : changez d'abord son état."),
    "no_export": _("Aucun export n'a été fait depuis qu'elle est fermée : exportez-la d'abord."),
    "under_way": _("Un effacement est déjà prévu pour cette commune."),
}


class ErasureForm(forms.Form):
    """Why, and the name typed by hand: nobody erases a commune by a slip."""

    reason = forms.CharField(
        label=_("Motif"),
        help_text=_("Il figure sur le certificat : « Fin du contrat, demande du maire du 3 novembre »."),
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": _("Écrivez pourquoi cette commune est effacée.")},
    )
    typed = forms.CharField(
        label=_("Retapez le nom de la commune dans l'adresse"),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Retapez le nom pour confirmer.")},
    )

    def __init__(self, *args: Any, slug: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._slug = slug
        self.fields["typed"].help_text = _("Pour confirmer, tapez « %(slug)s ».") % {"slug": slug}

    def clean_typed(self) -> str:
        """The very name."""
        typed: str = self.cleaned_data["typed"]
        if typed.strip() != self._slug:
            raise ValidationError(_("Ce n'est pas le nom de cette commune : rien n'a été fait."))
        return typed
