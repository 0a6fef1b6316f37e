"""The forms of the calendar: school holidays and a public holiday."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from booking.services.calendar import Holidays
from lps.ui.forms import DayField

_LONGEST, _FARTHEST = timedelta(days=120), timedelta(days=3 * 366)


class _Named(forms.Form):
    name = forms.CharField(
        label=_("Nom"),
        max_length=60,
        validators=[ProhibitNullCharactersValidator()],
        error_messages={
            "required": _("Donnez un nom\u00a0: les familles le liront."),
            "max_length": _("Ce nom est trop long\u00a0: 60 caractères au plus."),
        },
    )

    def __init__(self, *args: Any, today: date, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.today = today

    def near(self, name: str) -> None:
        """Complain about a day that is years away."""
        given = self.cleaned_data.get(name)
        if given and abs(given - self.today) > _FARTHEST:
            self.add_error(name, _("Ce jour est trop loin\u00a0: choisissez-en un à moins de trois ans."))


class VacationForm(_Named):
    """School holidays: their name, their days, both included, and whether they are those of summer."""

    first_day = DayField(label=_("Du"), error_messages={"required": _("Choisissez le premier jour sans école.")})
    last_day = DayField(
        label=_("au"),
        help_text=_("Ce jour compris\u00a0: la veille de la reprise."),
        error_messages={"required": _("Choisissez le dernier jour sans école.")},
    )
    is_summer = forms.BooleanField(label=_("Ce sont les grandes vacances"), required=False)

    def clean(self) -> dict[str, Any]:
        """The days follow one another, and are near."""
        given = super().clean() or {}
        first, last = given.get("first_day"), given.get("last_day")
        self.near("first_day")
        if first and last and last < first:
            self.add_error(
                "last_day", _("Les vacances finissent avant de commencer\u00a0: choisissez un jour plus tard.")
            )
        if first and last and last - first > _LONGEST:
            self.add_error("last_day", _("Des vacances durent quatre mois au plus\u00a0: vérifiez les deux jours."))
        return given

    @property
    def wanted(self) -> Holidays:
        """What was said, once the form is valid."""
        return Holidays(**self.cleaned_data)


class HolidayForm(_Named):
    """A public holiday of the town's own."""

    day = DayField(label=_("Jour"), error_messages={"required": _("Choisissez le jour férié.")})

    def clean(self) -> dict[str, Any]:
        """The day is near."""
        given = super().clean() or {}
        self.near("day")
        return given
