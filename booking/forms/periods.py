"""The forms of périscotidien periods."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.closures_page import activities
from booking.models import Period
from booking.services.offering import PeriodSpec
from lps.ui.forms import DayField, HourField
from tenants import context

LONGEST = timedelta(days=366)
_MIDNIGHT = time()


class PeriodForm(forms.Form):
    """A period: its days, its activities, and when families choose."""

    first_day = DayField(label=_("Du"), error_messages={"required": _("Choisissez le premier jour de la période.")})
    last_day = DayField(label=_("au"), error_messages={"required": _("Choisissez le dernier jour de la période.")})
    activities = forms.TypedMultipleChoiceField(
        label=_("Activités proposées"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez au moins une activité."),
            "invalid_choice": _("Cette activité n'existe plus\u00a0: choisissez parmi celles-ci."),
        },
    )
    opens_day = DayField(
        label=_("Les familles choisissent à partir du"), required=False, help_text=_("Laissez vide pour tout de suite.")
    )
    opens_hour = HourField(label=_("à (ouverture)"), required=False, help_text=_("Laissez vide pour 0h00."))
    closes_day = DayField(
        label=_("Dernier jour pour choisir"),
        required=False,
        help_text=_("Ce jour compris. Laissez vide pour laisser choisir jusqu'à la fin de la période."),
    )
    closes_hour = HourField(label=_("jusqu'à"), required=False, help_text=_("Laissez vide pour toute la journée."))

    def __init__(self, *args: Any, period: Period | None = None, is_chosen: bool = False, **rest: Any) -> None:
        """`is_chosen`: a family has chosen it, its days and activities stay."""
        super().__init__(*args, **rest)
        self.period, self.is_chosen = period, is_chosen
        rows = [row for row in activities() if row.weekdays]
        self.fields["activities"].choices = [(row.pk, f"{row.group.name}\u00a0: {row.name}") for row in rows]  # type: ignore[attr-defined]
        if is_chosen:
            for name in ("first_day", "last_day", "activities"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Days and instants follow one another."""
        given = super().clean() or {}
        first, last = self._day("first_day"), self._day("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("La période finit avant de commencer\u00a0: choisissez un jour plus tard."))
        elif first and last and last - first > LONGEST:
            self.add_error("last_day", _("Une période dure un an au plus."))
        for side in ("opens", "closes"):
            if given.get(f"{side}_hour") and f"{side}_day" not in self.errors and not given.get(f"{side}_day"):
                self.add_error(f"{side}_day", _("Choisissez aussi le jour."))
        opens_at, closes_at = self._opens_at(), self._closes_at()
        if opens_at and closes_at and closes_at <= opens_at:
            self.add_error(
                "closes_day", _("On cesse de choisir avant de commencer\u00a0: choisissez un jour plus tard.")
            )
        elif closes_at and last and given["closes_day"] > last:
            self.add_error("closes_day", _("La période sera déjà finie\u00a0: choisissez un jour plus tôt."))
        return given

    @property
    def spec(self) -> PeriodSpec:
        """What was said, once the form is valid."""
        first, last = self._day("first_day"), self._day("last_day")
        assert first is not None and last is not None
        if self.is_chosen:
            assert self.period is not None
            offered = list(self.period.activities.values_list("pk", flat=True))
        else:
            offered = self.cleaned_data["activities"]
        return PeriodSpec(
            first_day=first,
            last_day=last,
            activities=offered,
            opens_at=self._opens_at(),
            closes_at=self._closes_at(),
        )

    def _day(self, name: str) -> date | None:
        if self.is_chosen and self.period is not None:
            kept: date = getattr(self.period, name)
            return kept
        return self.cleaned_data.get(name)

    def _opens_at(self) -> datetime | None:
        day = self.cleaned_data.get("opens_day")
        return _instant(day, self.cleaned_data.get("opens_hour") or _MIDNIGHT) if day else None

    def _closes_at(self) -> datetime | None:
        """The instant from which it is too late: the next midnight, for a whole day."""
        day, hour = self.cleaned_data.get("closes_day"), self.cleaned_data.get("closes_hour")
        if day is None:
            return None
        return _instant(day, hour) if hour else _instant(day + timedelta(days=1), _MIDNIGHT)


class ReopenForm(forms.Form):
    """Why a period is reopened for a child."""

    reason = forms.CharField(
        label=_("Motif, tel que la famille le lit"),
        help_text=_("Par exemple «\u00a0erreur de jour signalée au guichet\u00a0»."),
        max_length=200,
        error_messages={"required": _("Donnez le motif\u00a0: la famille le lira.")},
    )


def initial_of(period: Period) -> dict[str, Any]:
    """A period as its form shows it."""
    zone = context.current().zone
    shown: dict[str, Any] = {
        "first_day": period.first_day,
        "last_day": period.last_day,
        "activities": list(period.activities.values_list("pk", flat=True)),
    }
    if period.opens_at:
        opens = period.opens_at.astimezone(zone)
        shown |= {"opens_day": opens.date(), "opens_hour": opens.time()}
    if period.closes_at:
        closes = period.closes_at.astimezone(zone)
        if closes.time() == _MIDNIGHT:
            shown["closes_day"] = closes.date() - timedelta(days=1)
        else:
            shown |= {"closes_day": closes.date(), "closes_hour": closes.time()}
    return shown


def _instant(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=context.current().zone).astimezone(UTC)
