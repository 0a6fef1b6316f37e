"""Amounts as people type them."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.rules.money import euros

_SPACES = re.compile(r"[\s\u00a0\u202f€]")
_AMOUNT = re.compile(r"\d{1,6}([.,]\d{1,2})?", re.ASCII)


class EurosField(forms.CharField):
    """Euros, typed 50,70 or 50.70 or 1 250; gives a Decimal of two places, None for nothing. Never negative."""

    default_error_messages = {
        "required": _("Saisissez un montant."),
        "amount": _("Ce montant n'est pas lisible\u00a0: il s'écrit comme 50,70."),
    }

    def __init__(self, **rest: Any) -> None:
        rest.setdefault("widget", forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "size": 8}))
        super().__init__(max_length=20, **rest)

    def to_python(self, value: Any) -> Any:
        typed = _SPACES.sub("", super().to_python(value) or "")
        if not typed:
            return None
        if not _AMOUNT.fullmatch(typed):
            raise ValidationError(self.error_messages["amount"], code="amount")
        return euros(Decimal(typed.replace(",", ".")))

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Those of a text have nothing to say of an amount: its length was that of a pattern."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value:.2f}".replace(".", ",") if isinstance(value, Decimal) else value
