"""Fields that every door of the site shares: codes typed from a paper letter."""

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Of an e-mail field, by their codes.
EMAIL_ERRORS = {
    "required": _("Saisissez votre adresse e-mail."),
    "invalid": _("Cette adresse e-mail n'est pas complète\u00a0: elle s'écrit comme prenom.nom@exemple.fr."),
}
_SEPARATORS = re.compile(r"[\s.\-\u00a0\u202f]")


class DigitsInput(forms.TextInput):
    """Large digits and a telephone's keypad. `secret` hides what is typed and never sends it back."""

    def __init__(self, *, autocomplete: str = "off", secret: bool = False, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "numeric", "autocomplete": autocomplete, "spellcheck": "false", **(attrs or {})})
        self.attrs["class"] = " ".join(filter(None, ("digits", self.attrs.get("class"))))
        self.secret = secret
        if secret:
            self.input_type = "password"

    def format_value(self, value: Any) -> str | None:
        return None if self.secret else super().format_value(value)


class DigitsField(forms.CharField):
    """A code of `least` to `most` digits; the spaces, dots and dashes one may type are dropped."""

    default_error_messages = {
        "required": _("Saisissez ce code."),
        "digits": _("Ce code ne contient que des chiffres."),
        "length": _("Ce code compte %(least)d à %(most)d chiffres."),
        "exact_length": _("Ce code compte %(least)d chiffres."),
    }

    def __init__(self, *, least: int = 6, most: int = 10, autocomplete: str = "off", secret: bool = False, **rest: Any):
        rest.setdefault("widget", DigitsInput(autocomplete=autocomplete, secret=secret))
        super().__init__(**rest)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> str:
        return _SEPARATORS.sub("", super().to_python(value) or "")

    def validate(self, value: str) -> None:
        """One complaint at a time: nothing typed, not digits, too short or too long."""
        super().validate(value)
        if value and not (value.isascii() and value.isdigit()):
            raise ValidationError(self.error_messages["digits"], code="digits")
        if value and not self.least <= len(value) <= self.most:
            code = "exact_length" if self.least == self.most else "length"
            facts = {"least": self.least, "most": self.most}
            raise ValidationError(self.error_messages[code], code=code, params=facts)


class DayField(forms.DateField):
    """A day, typed or chosen; written 21/06/2026 where the browser has no calendar. Years 2000 to 2199."""

    default_error_messages = {
        "invalid": _("Ce jour n'existe pas\u00a0: il s'écrit comme 21/06/2026."),
        "far": _("Choisissez une année entre 2000 et 2199."),
    }

    def __init__(self, **rest: Any) -> None:
        rest.setdefault("widget", forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
        super().__init__(input_formats=("%Y-%m-%d", "%d/%m/%Y"), **rest)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value and not 2000 <= value.year <= 2199:
            raise ValidationError(self.error_messages["far"], code="far")


class HourField(forms.TimeField):
    """An hour of the day, typed or chosen: 17:30 or 17h30."""

    default_error_messages = {"invalid": _("Cette heure n'existe pas\u00a0: elle s'écrit comme 17:30.")}

    def __init__(self, **rest: Any) -> None:
        rest.setdefault("widget", forms.TimeInput({"type": "time"}, format="%H:%M"))
        super().__init__(input_formats=("%H:%M", "%Hh%M", "%H:%M:%S"), **rest)


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Some of a town's settings. The page carries what the agent saw, so that somebody else's change stands."""

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        for field in self.fields.values():
            field.show_hidden_initial = True

    @property
    def wanted(self) -> dict[str, Any]:
        """What the agent changed, once the form is valid."""
        return {name: self.cleaned_data[name] for name in self.changed_data}
