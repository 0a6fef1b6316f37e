"""The forms by which agents write to many at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lps.accounts.actors import Agent
from lps.kernel import clock
from lps.office.forms.sms import MobileField
from lps.ui.forms import DayField, HourField
from notifications import audiences
from notifications.audiences import Choice
from notifications.models import Campaign, Class
from notifications.rules import sms_text
from notifications.services.campaigns import Words
from tenants import context

_MORNING = time(8)
TOO_LONG = _("Ce SMS est trop long : raccourcissez-le à %(most)d SMS au plus.")


def offered(agent: Agent, *, kind: str = "") -> list[tuple[Any, list[Choice]]]:
    """Whom this agent may write to, kind by kind: one kept to some schools or activities writes to theirs alone."""
    today = clock.today(context.current().zone)
    found = [one for one in audiences.kinds() if not kind or one.kind == kind]
    rows = [(one.label, [choice for choice in one.choices(today) if reaches(agent, choice)]) for one in found]
    return [(label, choices) for label, choices in rows if choices]


def class_of(choice: Choice, *, danger: bool) -> Class:
    """The class of a message to these people."""
    kind = audiences.known(choice.kind)
    assert kind is not None
    return Class.DANGER if danger else kind.of


def reaches(agent: Agent, choice: Choice) -> bool:
    """Whether all whom the choice stands for are where the agent works."""
    return (not agent.sites or choice.site_id in agent.sites) and (
        not agent.activities or choice.activity_id in agent.activities
    )


class AudienceField(forms.ChoiceField):
    """One of the audiences offered, given back as a `Choice`."""

    def __init__(self, groups: Sequence[tuple[Any, list[Choice]]], **rest: Any) -> None:
        self.by_value = {choice.value: choice for _label, choices in groups for choice in choices}
        listed = [(label, [(choice.value, choice.label) for choice in choices]) for label, choices in groups]
        missing = _("Choisissez à qui vous écrivez.")
        errors = {"required": missing, "invalid_choice": missing}
        super().__init__(choices=[("", _("Choisissez")), *listed], error_messages=errors, **rest)

    def clean(self, value: Any) -> Choice:
        return self.by_value[super().clean(value)]


class _SmsForm(forms.Form):
    """What an SMS form checks: its length, once the letters are counted as an operator does."""

    def clean_sms_text(self) -> str:
        written = str(self.cleaned_data["sms_text"]).replace("\r\n", "\n").strip()
        counted = sms_text.count(written, added=sms_text.STOP_CLAUSE)
        if counted.parts > sms_text.MAX_PARTS:
            raise forms.ValidationError(TOO_LONG % {"most": sms_text.MAX_PARTS})
        return written


class MailingForm(_SmsForm):
    """A message to many: to whom, what, and when."""

    title = forms.CharField(
        label=_("Titre"),
        help_text=_("L'objet du courriel, et son nom dans vos listes."),
        max_length=120,
        error_messages={"required": _("Donnez un titre.")},
    )
    sms_text = forms.CharField(
        label=_("Texte du SMS"),
        required=False,
        max_length=800,
        help_text=_("Laissez vide pour n'envoyer que des courriels."),
        widget=forms.Textarea({"rows": 4, "data-counted": True}),
    )
    email_text = forms.CharField(
        label=_("Texte du courriel"),
        required=False,
        max_length=10_000,
        help_text=_("Il part aux adresses confirmées par les familles. Laissez vide pour n'envoyer que des SMS."),
        widget=forms.Textarea({"rows": 8}),
    )
    send_day = DayField(
        label=_("Jour d'envoi"), required=False, help_text=_("Laissez vide pour envoyer tout de suite.")
    )
    send_hour = HourField(label=_("Heure d'envoi"), required=False, help_text=_("Laissez vide pour 8h00."))
    danger = forms.BooleanField(
        label=_("Danger pour les personnes : le SMS part à toute heure, même la nuit et le dimanche"), required=False
    )

    def __init__(self, data: Any = None, *, agent: Agent, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["audience"] = AudienceField(offered(agent), label=_("À qui"))
        self.order_fields(["audience", "title", "sms_text", "email_text", "send_day", "send_hour", "danger"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if (
            not given.get("sms_text")
            and not given.get("email_text")
            and not {"sms_text", "email_text"} & set(self.errors)
        ):
            self.add_error("sms_text", _("Écrivez le texte du SMS, celui du courriel, ou les deux."))
        choice = given.get("audience")
        if choice and choice.kind == "topic" and not given.get("sms_text") and "sms_text" not in self.errors:
            self.add_error("sms_text", _("Les abonnés aux thèmes n'ont donné que leur numéro : écrivez un SMS."))
        if given.get("send_hour") and not given.get("send_day") and "send_day" not in self.errors:
            self.add_error("send_day", _("Choisissez aussi le jour."))
        if (at := self._send_at()) and at <= clock.now():
            self.add_error("send_day", _("Ce moment est déjà passé : choisissez-en un plus tard, ou laissez vide."))
        return given

    @property
    def message_class(self) -> Class:
        """Why it is sent: said by whom it is for, unless it tells of a danger."""
        return class_of(self.cleaned_data["audience"], danger=self.cleaned_data["danger"])

    @property
    def words(self) -> Words:
        """What was written, once the form is valid."""
        return Words(
            title=self.cleaned_data["title"],
            choice=self.cleaned_data["audience"],
            message_class=self.message_class,
            sms_text=self.cleaned_data["sms_text"],
            email_text=self.cleaned_data["email_text"],
            send_at=self._send_at(),
        )

    def _send_at(self) -> datetime | None:
        day = self.cleaned_data.get("send_day")
        hour = self.cleaned_data.get("send_hour") or _MORNING
        return datetime.combine(day, hour, tzinfo=context.current().zone).astimezone(UTC) if day else None


class FlashForm(_SmsForm):
    """An SMS to a topic, at once: what a phone can write in a street."""

    sms_text = forms.CharField(
        label=_("Texte du SMS"),
        max_length=800,
        error_messages={"required": _("Écrivez le message.")},
        widget=forms.Textarea({"rows": 4, "data-counted": True}),
    )
    danger = forms.BooleanField(
        label=_("Danger pour les personnes : part à toute heure, même la nuit et le dimanche"), required=False
    )

    def __init__(self, data: Any = None, *, agent: Agent) -> None:
        super().__init__(data)
        groups = offered(agent, kind="topic")
        choices = [choice for _label, found in groups for choice in found]
        flash = next((one.value for one in choices if "flash" in one.label.casefold()), "")
        self.fields["audience"] = AudienceField(groups, label=_("Abonnés au thème"), initial=flash)
        self.order_fields(["audience", "sms_text", "danger"])


class CountForm(_SmsForm):
    """What is being typed, to be counted as it will leave: nothing else has to be right yet."""

    sms_text = forms.CharField(required=False, max_length=800)
    email_text = forms.CharField(required=False, max_length=10_000)
    danger = forms.BooleanField(required=False)

    def __init__(self, data: Any, *, agent: Agent) -> None:
        super().__init__(data)
        self.fields["audience"] = AudienceField(offered(agent), required=True)


class TryForm(forms.Form):
    """The agent's own mobile."""

    number = MobileField(label=_("Votre numéro de mobile"), required=True)


def initial_of(campaign: Campaign) -> dict[str, Any]:
    """A draft as its form shows it."""
    at = campaign.send_at.astimezone(context.current().zone) if campaign.send_at else None
    return {
        "audience": f"{campaign.audience['kind']}:{campaign.audience['key']}",
        "title": campaign.title,
        "sms_text": campaign.sms_text,
        "email_text": campaign.email_text,
        "send_day": at.date() if at else None,
        "send_hour": at.time() if at else None,
        "danger": campaign.message_class == Class.DANGER,
    }
