"""Fields that every door of the site shares: codes typed from a paper letter."""

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

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

    default_error_messages = {"digits": _("Ce code ne contient que des chiffres. Recopiez-le depuis le courrier.")}

    def __init__(self, *, least: int = 6, most: int = 10, autocomplete: str = "off", secret: bool = False, **rest: Any):
        rest.setdefault("widget", DigitsInput(autocomplete=autocomplete, secret=secret))
        super().__init__(min_length=least, max_length=most, **rest)
        # The browser would cut a code typed with its spaces: the length is judged here alone.
        self.widget.attrs.pop("maxlength", None)
        self.widget.attrs.pop("minlength", None)
        self.validators.insert(0, RegexValidator(r"^[0-9]*$", self.error_messages["digits"], code="digits"))

    def to_python(self, value: Any) -> str:
        return _SEPARATORS.sub("", super().to_python(value) or "")
