"""The forms of the agents' pages of bookings."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from booking.campaigns import activities_by_group
from booking.models import Campaign, PreRegistration
from booking.services.campaigns import CampaignSpec
from lps.ui.forms import DayField, HourField
from tenants import context

_LONGEST = timedelta(days=550)
_CHOOSE_DAY = {"required": _("Choisissez le jour.")}
_CHOOSE_HOUR = {"required": _("Donnez l'heure, par exemple 17:00.")}


class CampaignForm(forms.Form):
    """A préinscription campaign: what for, until when, which activities and weekdays."""

    title = forms.CharField(
        label=_("Titre"),
        help_text=_("Par exemple «\u00a0Rentrée de septembre 2027\u00a0»."),
        max_length=120,
        error_messages={"required": _("Donnez un titre.")},
    )
    words = forms.CharField(
        label=_("Texte pour les familles"), max_length=5000, required=False, widget=forms.Textarea({"rows": 5})
    )
    first_day = DayField(label=_("Pour les jours du"), error_messages=_CHOOSE_DAY)
    last_day = DayField(label=_("au"), error_messages=_CHOOSE_DAY)
    opens_day = DayField(label=_("Les familles répondent à partir du"), error_messages=_CHOOSE_DAY)
    opens_hour = HourField(label=_("à (ouverture)"), error_messages=_CHOOSE_HOUR)
    closes_day = DayField(label=_("Réponses closes le"), error_messages=_CHOOSE_DAY)
    closes_hour = HourField(label=_("à (clôture)"), error_messages=_CHOOSE_HOUR)
    activities = forms.TypedMultipleChoiceField(
        label=_("Activités proposées"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez au moins une activité."),
            "invalid_choice": _("Cette activité n'existe plus\u00a0: choisissez parmi celles-ci."),
        },
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Jours proposés"),
        coerce=int,
        choices=[(number, str(name).capitalize()) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Cochez au moins un jour de la semaine.")},
    )
    books = forms.BooleanField(
        label=_("Réserver dans le planning les jours que vous validez"),
        help_text=_("Sinon, la famille réserve elle-même chaque semaine."),
        required=False,
    )
    reserves = forms.BooleanField(
        label=_("Sur ces dates, ouvrir ces activités aux seuls enfants validés"),
        help_text=_("Sinon, les activités restent ouvertes aux autres enfants comme aujourd'hui."),
        required=False,
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["activities"].choices = [  # type: ignore[attr-defined]
            (one.pk, f"{one.group.name}\u00a0: {one.name}") for one in activities_by_group()
        ]

    def clean(self) -> dict[str, Any]:
        """Days and instants in order; a campaign is for two school years at most."""
        given = super().clean() or {}
        first, last = given.get("first_day"), given.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("Ce jour vient avant le premier\u00a0: choisissez un jour plus tard."))
        elif first and last and last - first > _LONGEST:
            self.add_error("last_day", _("Une campagne porte sur dix-huit mois au plus."))
        opens_at, closes_at = self._instant("opens"), self._instant("closes")
        if opens_at and closes_at and closes_at <= opens_at:
            self.add_error("closes_day", _("La clôture vient avant l'ouverture\u00a0: choisissez un jour plus tard."))
        return given

    @property
    def spec(self) -> CampaignSpec:
        """What was asked for, once the form is valid."""
        opens_at, closes_at = self._instant("opens"), self._instant("closes")
        assert opens_at and closes_at
        given = self.cleaned_data
        names = ("title", "words", "first_day", "last_day", "activities", "weekdays", "books", "reserves")
        return CampaignSpec(**{name: given[name] for name in names}, opens_at=opens_at, closes_at=closes_at)

    def _instant(self, side: str) -> datetime | None:
        """An hour on the commune's wall as an instant, in UTC."""
        day, hour = self.cleaned_data.get(f"{side}_day"), self.cleaned_data.get(f"{side}_hour")
        if day is None or hour is None:
            return None
        return datetime.combine(day, hour, tzinfo=context.current().zone).astimezone(UTC)


def campaign_initial(campaign: Campaign | None, *, today: Any) -> dict[str, Any]:
    """A campaign as its form shows it; a new one opens tomorrow morning for two weeks."""
    if campaign is None:
        opens, closes = today + timedelta(days=1), today + timedelta(days=15)
        return {
            "opens_day": opens,
            "opens_hour": time(8),
            "closes_day": closes,
            "closes_hour": time(17),
            "weekdays": [0, 1, 2, 3, 4],
        }
    zone = context.current().zone
    opens_at, closes_at = campaign.opens_at.astimezone(zone), campaign.closes_at.astimezone(zone)
    return {
        "title": campaign.title,
        "words": campaign.words,
        "first_day": campaign.first_day,
        "last_day": campaign.last_day,
        "opens_day": opens_at.date(),
        "opens_hour": opens_at.time(),
        "closes_day": closes_at.date(),
        "closes_hour": closes_at.time(),
        "activities": [activity.pk for activity in campaign.activities.all()],
        "weekdays": campaign.weekdays,
        "books": campaign.books,
        "reserves": campaign.reserves,
    }


class OpenForm(forms.Form):
    """Opening a campaign at once: until when."""

    closes_day = DayField(label=_("Réponses closes le"), error_messages=_CHOOSE_DAY)
    closes_hour = HourField(label=_("à"), error_messages=_CHOOSE_HOUR)

    def __init__(self, *args: Any, now: datetime, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.now = now

    def clean(self) -> dict[str, Any]:
        """The end comes after now."""
        given = super().clean() or {}
        if "closes_day" in given and "closes_hour" in given and self.closes_at <= self.now:
            self.add_error("closes_day", _("Ce moment est déjà passé\u00a0: choisissez un jour plus tard."))
        return given

    @property
    def closes_at(self) -> datetime:
        """The instant chosen."""
        day, hour = self.cleaned_data["closes_day"], self.cleaned_data["closes_hour"]
        return datetime.combine(day, hour, tzinfo=context.current().zone).astimezone(UTC)


class DecisionForm(forms.Form):
    """What the town decides of one answer, in the version that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32_000)
    state = forms.ChoiceField(
        choices=[(PreRegistration.State.VALIDATED, "oui"), (PreRegistration.State.REFUSED, "non")],
        widget=forms.HiddenInput,
    )
    words = forms.CharField(
        label=_("Motif du refus, tel que la famille le lit"),
        help_text=_("Par exemple «\u00a0Il n'y a plus de place le mercredi\u00a0». À remplir pour refuser."),
        max_length=200,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """A family is told why it is refused."""
        given = super().clean() or {}
        if given.get("state") == PreRegistration.State.REFUSED and "words" in given and not given["words"]:
            self.add_error("words", _("Écrivez le motif\u00a0: la famille le lira."))
        return given
