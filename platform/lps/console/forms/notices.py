"""What is told to communes, to which ones, from when to when."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lps.console.notices import Words, unknown_among
from lps.kernel import clock
from lps.ui.forms import DayField, HourField
from tenants.models import Notice

LONGEST_MAINTENANCE = timedelta(days=3)
_TEXTS = {
    Notice.Kind.ANNOUNCEMENT: _("Les agents le lisent à leur accueil, chacun jusqu'à ce qu'il l'ait lu."),
    Notice.Kind.MAINTENANCE: _("Familles et agents lisent cette phrase : pourquoi, et quand le portail revient."),
}


class NoticeForm(forms.Form):
    """One form for both kinds."""

    text = forms.CharField(
        label=_("Texte"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Écrivez ce que les gens liront.")},
    )
    communes = forms.CharField(
        label=_("Communes"),
        help_text=_("Leurs noms dans l'adresse, séparés par des espaces : « buchelay orgeval ». Vide : toutes."),
        max_length=2000,
        required=False,
    )
    starts_day = DayField(label=_("À partir du"), required=False, help_text=_("Vide : tout de suite."))
    starts_hour = HourField(label=_("Heure de début"), required=False)
    ends_day = DayField(label=_("Jusqu'au"), error_messages={"required": _("Dites quand cela finit.")})
    ends_hour = HourField(label=_("Heure de fin"), required=False, help_text=_("Vide : toute la journée."))

    def __init__(self, *args: Any, kind: Notice.Kind, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.kind = kind
        self.fields["text"].help_text = _TEXTS[kind]

    def clean_communes(self) -> str:
        """Each name is a commune's."""
        slugs = tuple(dict.fromkeys(self.cleaned_data["communes"].lower().split()))
        if unknown := unknown_among(slugs):
            told = _("Aucune commune ne porte ce nom dans l'adresse : %(names)s.") % {"names": ", ".join(unknown[:5])}
            raise forms.ValidationError(told)
        return " ".join(slugs)

    def clean(self) -> dict[str, Any]:
        """It ends after it starts, and in the future; a maintenance does not last for ever."""
        given = super().clean() or {}
        if given.get("starts_hour") and not given.get("starts_day") and "starts_day" not in self.errors:
            self.add_error("starts_day", _("Choisissez aussi le jour."))
        if given.get("ends_day") and not self.errors:
            starts_at, ends_at = self._starts_at(), self._ends_at()
            if ends_at <= max(starts_at, clock.real_now()):
                self.add_error("ends_day", _("La fin est déjà passée ou vient avant le début."))
            elif self.kind == Notice.Kind.MAINTENANCE and ends_at - starts_at > LONGEST_MAINTENANCE:
                self.add_error(
                    "ends_day", _("Une maintenance dure trois jours au plus : au-delà, suspendez la commune.")
                )
        return given

    @property
    def words(self) -> Words:
        """What was written, once the form is valid."""
        return Words(
            kind=self.kind,
            text=self.cleaned_data["text"],
            slugs=tuple(self.cleaned_data["communes"].split()),
            starts_at=self._starts_at(),
            ends_at=self._ends_at(),
        )

    def _starts_at(self) -> datetime:
        day = self.cleaned_data.get("starts_day")
        if day is None:
            return clock.real_now()
        return _instant(datetime.combine(day, self.cleaned_data.get("starts_hour") or time()))

    def _ends_at(self) -> datetime:
        day, hour = self.cleaned_data["ends_day"], self.cleaned_data.get("ends_hour")
        if hour is None:
            return _instant(datetime.combine(day + timedelta(days=1), time()))
        return _instant(datetime.combine(day, hour))


def _instant(local: datetime) -> datetime:
    return local.replace(tzinfo=timezone.get_current_timezone()).astimezone(UTC)
