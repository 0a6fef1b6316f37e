"""The forms of the till: closing a day, the days of a journal."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from billing.forms.desk import RefusedForm
from billing.forms.fields import EurosField
from billing.rules.money import ZERO, euros
from lps.ui.forms import DayField
from lps.ui.templatetags.ui import money

# Notes and coins, in cents.
PIECES = (50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)
LONGEST = timedelta(days=366)
_MANY = 9999


class CloseForm(RefusedForm):
    """The cash counted, whole or piece by piece, and why it is not what was expected."""

    counted = EurosField(
        label=_("Espèces comptées (euros)"),
        required=False,
        help_text=_("Sans le fonds de caisse. Laissez vide si vous comptez pièce par pièce."),
    )
    note = forms.CharField(
        label=_("Explication de l'écart"),
        max_length=200,
        required=False,
        validators=[ProhibitNullCharactersValidator()],
        help_text=_("Seulement si les espèces comptées ne sont pas celles attendues."),
    )
    # What the page said was expected: more may have been taken since.
    seen = forms.DecimalField(
        max_digits=10,
        decimal_places=2,
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Ce formulaire est incomplet\u00a0: ouvrez la page à nouveau."),
            "invalid": _("Ce formulaire est incomplet\u00a0: ouvrez la page à nouveau."),
        },
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        for piece in PIECES:
            self.fields[f"piece_{piece}"] = forms.IntegerField(
                label=money(euros(Decimal(piece) / 100)),
                required=False,
                min_value=0,
                max_value=_MANY,
                widget=forms.NumberInput({"inputmode": "numeric"}),
            )

    @property
    def pieces(self) -> list[forms.BoundField]:
        """One field a note or a coin."""
        return [self[f"piece_{piece}"] for piece in PIECES]

    def clean(self) -> dict[str, Any]:
        """The cash is typed whole, or piece by piece; both must agree."""
        given = super().clean() or {}
        numbers = {piece: given.get(f"piece_{piece}") for piece in PIECES}
        typed = any(number is not None for number in numbers.values())
        total = sum((euros(Decimal(piece * (number or 0)) / 100) for piece, number in numbers.items()), ZERO)
        counted = given.get("counted")
        if counted is None and not typed and "counted" not in self.errors:
            self.add_error("counted", _("Comptez les espèces\u00a0: écrivez 0 s'il n'y en a pas."))
        if counted is not None and typed and counted != total:
            message = _("Les pièces et billets font %(sum)s\u00a0: corrigez l'un des deux.") % {"sum": money(total)}
            self.add_error("counted", message)
        given["total"] = total if typed else counted
        return given


class JournalForm(forms.Form):
    """The days of a journal, both included, and one agent or all."""

    du = DayField(label=_("Du"), error_messages={"required": _("Choisissez le premier jour.")})
    au = DayField(label=_("au"), error_messages={"required": _("Choisissez le dernier jour.")})
    agent = forms.CharField(label=_("Agent"), required=False, max_length=120)

    def clean(self) -> dict[str, Any]:
        """The days follow one another, within a year."""
        given = super().clean() or {}
        first, last = given.get("du"), given.get("au")
        if isinstance(first, date) and isinstance(last, date) and not timedelta(0) <= last - first <= LONGEST:
            self.add_error("au", _("Choisissez un dernier jour après le premier, un an plus tard au plus."))
        return given
