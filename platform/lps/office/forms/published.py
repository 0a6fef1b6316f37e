"""The forms of what the town decides for everybody."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lps.ui.forms import DayField, HourField
from tenants import context
from tenants.town.house_rules import Text
from tenants.town.messages import Words
from tenants.town.models import Message

# What can be written in a text for families, in one sentence.
FORMATTING = _(
    "Une ligne vide sépare deux paragraphes. Vous pouvez mettre **en gras** ou *en italique*, commencer une ligne par "
    "un tiret pour faire une liste, et coller l'adresse d'une page\u00a0: elle devient un lien."
)
RULES_FORMATTING = _(
    "Une ligne vide sépare deux paragraphes. Une ligne qui commence par # est un titre d'article. Vous pouvez mettre "
    "**en gras** ou *en italique*, et commencer une ligne par un tiret pour faire une liste."
)
_MIDNIGHT = time()


class TextArea(forms.Textarea):
    """A text to write at length, with the buttons that a script adds above it."""

    def __init__(self, *, rows: int = 10) -> None:
        super().__init__({"rows": rows, "class": "tall", "data-writing": True})


class MessageForm(forms.Form):
    """A message of the home page: its words, then from when to when."""

    title = forms.CharField(label=_("Titre"), max_length=150, error_messages={"required": _("Donnez un titre.")})
    body = forms.CharField(
        label=_("Texte"),
        help_text=FORMATTING,
        max_length=5000,
        widget=TextArea(),
        error_messages={"required": _("Écrivez le message.")},
    )
    starts_day = DayField(
        label=_("Affiché à partir du"), required=False, help_text=_("Laissez vide pour l'afficher dès sa publication.")
    )
    starts_hour = HourField(label=_("Heure de début"), required=False, help_text=_("Laissez vide pour 0h00."))
    ends_day = DayField(
        label=_("Jusqu'au"), required=False, help_text=_("Ce jour compris. Laissez vide pour l'afficher sans fin.")
    )
    ends_hour = HourField(label=_("Heure de fin"), required=False, help_text=_("Laissez vide pour toute la journée."))

    def __init__(self, *args: Any, started: bool = False, **rest: Any) -> None:
        """`started`: families read it already, and the day from which they do is not changed any more."""
        super().__init__(*args, **rest)
        if started:
            del self.fields["starts_day"], self.fields["starts_hour"]

    def clean(self) -> dict[str, Any]:
        """An hour has its day, and the end comes after the start, whatever the clock does that night."""
        given = super().clean() or {}
        for side in ("starts", "ends"):
            if given.get(f"{side}_hour") and f"{side}_day" not in self.errors and not given.get(f"{side}_day"):
                self.add_error(f"{side}_day", _("Choisissez aussi le jour."))
        starts_at, ends_at = self._starts_at(), self._ends_at()
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_day", _("La fin vient avant le début\u00a0: choisissez un jour plus tard."))
        return given

    @property
    def words(self) -> Words:
        """What was written, once the form is valid."""
        return Words(
            title=self.cleaned_data["title"],
            body=self.cleaned_data["body"],
            starts_at=self._starts_at(),
            ends_at=self._ends_at(),
        )

    def _starts_at(self) -> datetime | None:
        day = self.cleaned_data.get("starts_day")
        return _instant(day, self.cleaned_data.get("starts_hour") or _MIDNIGHT) if day else None

    def _ends_at(self) -> datetime | None:
        """The instant from which it is not shown any more: the next midnight, for a whole day."""
        day, hour = self.cleaned_data.get("ends_day"), self.cleaned_data.get("ends_hour")
        if day is None:
            return None
        return _instant(day, hour) if hour else _instant(day + timedelta(days=1), _MIDNIGHT)


class RulesForm(forms.Form):
    """A version of the rules: its text, and the day from which families are asked to accept it."""

    title = forms.CharField(
        label=_("Titre"),
        help_text=_("Par exemple «\u00a0Règlement du périscolaire 2026-2027\u00a0»."),
        max_length=150,
        error_messages={"required": _("Donnez un titre.")},
    )
    in_force_from = DayField(
        label=_("En vigueur à partir du"),
        help_text=_("Les familles sont invitées à l'accepter dès ce jour."),
        error_messages={"required": _("Choisissez le jour.")},
    )
    body = forms.CharField(
        label=_("Texte"),
        help_text=RULES_FORMATTING,
        max_length=100_000,
        widget=TextArea(rows=30),
        error_messages={"required": _("Écrivez le règlement.")},
    )

    @property
    def text(self) -> Text:
        """What was written, once the form is valid."""
        return Text(**self.cleaned_data)


def initial_of(message: Message, *, now: datetime) -> dict[str, Any]:
    """A message as its form shows it; a start of the past is of no use to a draft."""
    zone = context.current().zone
    shown: dict[str, Any] = {"title": message.title, "body": message.body}
    if not (message.is_draft and message.starts_at <= now):
        starts = message.starts_at.astimezone(zone)
        shown |= {"starts_day": starts.date(), "starts_hour": starts.time().replace(second=0, microsecond=0)}
    if message.ends_at:
        ends = message.ends_at.astimezone(zone)
        if ends.time() == _MIDNIGHT:
            shown["ends_day"] = ends.date() - timedelta(days=1)
        else:
            shown |= {"ends_day": ends.date(), "ends_hour": ends.time()}
    return shown


def _instant(day: Any, hour: time) -> datetime:
    """An hour on the commune's wall as an instant: UTC, for two hours of one zone compare by their hands."""
    return datetime.combine(day, hour, tzinfo=context.current().zone).astimezone(UTC)
