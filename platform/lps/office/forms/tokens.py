"""A key for another software of the town: its name, what it may do, until when."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lps.accounts import rights
from lps.kernel import clock
from lps.office.words import SCOPES
from lps.ui.forms import DayField
from tenants import context


class TokenForm(forms.Form):
    """A token for the town's other software."""

    name = forms.CharField(
        label=_("Logiciel"),
        help_text=_("Le nom que vous lirez dans cette liste et dans le journal : « Cuisine centrale »."),
        max_length=120,
        error_messages={"required": _("Donnez le nom du logiciel.")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("Ce qu'il peut faire"),
        widget=forms.CheckboxSelectMultiple(),
        error_messages={
            "required": _("Choisissez au moins une permission."),
            "invalid_choice": _("Cette permission n'existe pas."),
        },
    )
    last_day = DayField(
        label=_("Valable jusqu'au"),
        required=False,
        help_text=_("Ce jour compris. Laissez vide pour ne pas y mettre fin."),
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        choices = [(scope, SCOPES.get(scope, scope)) for scope in rights.scopes()]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]

    def clean_last_day(self) -> date | None:
        """A day to come: a token that ended before it was given is of no use."""
        day: date | None = self.cleaned_data["last_day"]
        if day and _end_of(day) <= clock.real_now():
            raise ValidationError(_("Ce jour est déjà passé : choisissez un jour à venir."))
        return day

    @property
    def expires_at(self) -> datetime | None:
        """The instant at which the last day ends, on the commune's wall; None for never."""
        day = self.cleaned_data["last_day"]
        return _end_of(day) if day else None


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=context.current().zone).astimezone(UTC)
