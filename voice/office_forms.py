"""The forms of the agents' pages of the telephone."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from lps.families.phones import BadPhone, clean, region_of
from lps.ui.forms import DayField, HourField, SettingsForm
from tenants import context
from voice.models import Pronunciation, VoiceSettings
from voice.sentences import MOMENTS
from voice.services import recordings
from voice.services.recordings import Draft, RecordingRefused
from voice.words import OUTCOMES, RECORDING_REFUSED

MOST_NUMBERS = 5
BAD_NUMBER = _("Ce n'est pas un numéro de téléphone\u00a0: il s'écrit comme 04 76 54 93 40.")


class VoiceForm(SettingsForm):
    """How the telephone answers."""

    opens_at = HourField(
        label=_("Répond à partir de"), required=False, help_text=_("Laissez les deux heures vides pour jour et nuit.")
    )
    closes_at = HourField(label=_("Répond jusqu'à"), required=False)
    notice_until = DayField(
        label=_("Lu jusqu'au"),
        required=False,
        help_text=_("Ce jour compris. Vide\u00a0: jusqu'à ce que vous effaciez le message."),
    )

    class Meta:
        model = VoiceSettings
        fields = (
            "is_open",
            "opens_at",
            "closes_at",
            "welcome",
            "notice",
            "notice_until",
            "secret",
            "takes_hidden",
            "months_kept",
        )
        labels = {
            "is_open": _("Le serveur vocal répond"),
            "welcome": _("Nom dit à l'accueil"),
            "notice": _("Message lu en premier"),
            "secret": _("Demander aussi le code famille"),
            "takes_hidden": _("Accepter les appels dont le numéro est masqué"),
            "months_kept": _("Mois pendant lesquels les appels sont gardés"),
        }
        help_texts = {
            "is_open": _("Sinon, celui qui appelle entend que c'est fermé, et l'adresse du site."),
            "welcome": _("«\u00a0Vous êtes au service de réservation de…\u00a0» Vide\u00a0: le nom de votre commune."),
            "notice": _("Une grève, une cantine fermée\u00a0: une phrase courte, dite avant tout le reste."),
            "secret": _(
                "Le code enfant suffit d'habitude. «\u00a0Connu\u00a0»\u00a0: ce numéro a déjà réservé dans l'année."
            ),
            "takes_hidden": _("Sinon, celui qui masque son numéro est prié de rappeler autrement."),
            "months_kept": _("De 1 à 12. Les numéros n'y sont jamais écrits en entier."),
        }

    def clean(self) -> dict[str, Any]:
        """The two hours go together, and in order."""
        given = super().clean() or {}
        opens, closes = given.get("opens_at"), given.get("closes_at")
        if "opens_at" in self.errors or "closes_at" in self.errors:
            return given
        if bool(opens) != bool(closes):
            empty = "closes_at" if opens else "opens_at"
            self.add_error(empty, _("Donnez les deux heures, ou laissez-les vides toutes les deux."))
        elif opens and closes and closes <= opens:
            self.add_error("closes_at", _("Cette heure vient avant l'ouverture\u00a0: choisissez-en une plus tard."))
        return given


class NumbersForm(forms.Form):
    """At which numbers the commune answers."""

    number = forms.CharField(
        label=_("Numéro que les familles composent"),
        help_text=_("Écrit sur l'accueil, dans l'aide et sur les lettres de codes. Vide\u00a0: pas de serveur vocal."),
        required=False,
        max_length=30,
        widget=forms.TextInput({"type": "tel", "autocomplete": "off"}),
    )
    words = forms.CharField(
        label=_("Ce que coûte l'appel"),
        help_text=_("Écrit entre parenthèses après le numéro, par exemple «\u00a0appel gratuit\u00a0»."),
        required=False,
        max_length=120,
    )
    others = forms.CharField(
        label=_("Autres numéros qui arrivent au même endroit"),
        help_text=_("Un ancien numéro, par exemple. Séparez-les par des virgules."),
        required=False,
        max_length=160,
    )

    def clean_number(self) -> str:
        return _number(self.cleaned_data["number"])

    def clean_others(self) -> list[str]:
        parts = [part for part in self.cleaned_data["others"].replace(";", ",").split(",") if part.strip()]
        return list(dict.fromkeys(_number(part.strip()) for part in parts))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("others") and not given.get("number") and "number" not in self.errors:
            self.add_error("number", _("Donnez d'abord le numéro que les familles composent."))
        if len(self.numbers(given)) > MOST_NUMBERS:
            self.add_error("others", _("Cinq numéros au plus."))
        return given

    @staticmethod
    def numbers(given: dict[str, Any]) -> list[str]:
        """All of them, that of the families first."""
        return list(dict.fromkeys(filter(None, [given.get("number"), *(given.get("others") or ())])))


class ProviderForm(forms.Form):
    """The secret of a provider that calls our webhook. It is never shown again: an empty field keeps it."""

    secret = forms.CharField(
        label=_("Secret donné par le prestataire"),
        help_text=_("Chez Twilio, «\u00a0Auth Token\u00a0». Il est scellé et ne se relit pas."),
        required=False,
        min_length=16,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    stop = forms.BooleanField(label=_("Ne plus répondre à ce prestataire"), required=False)

    def __init__(self, *args: Any, kept: bool, **rest: Any) -> None:
        """`kept`: a secret was given already."""
        super().__init__(*args, **rest)
        self._kept = kept
        if kept:
            self.fields["secret"].help_text = _("Déjà donné. Laissez vide pour le garder.")
        else:
            del self.fields["stop"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self._kept and not given.get("secret") and "secret" not in self.errors:
            self.add_error("secret", _("Recopiez le secret que le prestataire vous a donné."))
        return given


class CallsForm(forms.Form):
    """Which calls one looks for."""

    jour = DayField(label=_("Jour"), required=False)
    issue = forms.ChoiceField(label=_("Issue"), required=False)

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["issue"].choices = [("", _("toutes")), *OUTCOMES.items()]  # type: ignore[attr-defined]


def _number(typed: str) -> str:
    try:
        return clean(typed, region=region_of(context.current().zone)) if typed else ""
    except BadPhone:
        raise ValidationError(BAD_NUMBER) from None


class WordForm(forms.ModelForm):  # type: ignore[type-arg]
    """A word of the town and how it is said."""

    class Meta:
        model = Pronunciation
        fields = ("written", "spoken")
        labels = {"written": _("Le mot, comme on l'écrit"), "spoken": _("Comme on le dit")}
        help_texts = {
            "written": _("Un prénom, une activité, le nom d'une école. Majuscules ou minuscules, c'est égal."),
            "spoken": _("Écrivez-le comme il se prononce, par exemple «\u00a0Buche-lè\u00a0»."),
        }
        error_messages = {
            "written": {"required": _("Écrivez le mot mal prononcé.")},
            "spoken": {"required": _("Écrivez comment on le dit.")},
        }

    def clean_written(self) -> str:
        return _on_one_line(self.cleaned_data["written"])

    def clean_spoken(self) -> str:
        return _on_one_line(self.cleaned_data["spoken"])

    def clean(self) -> dict[str, Any]:
        """A word is said one way, whatever its capitals."""
        given = super().clean() or {}
        same = Pronunciation.objects.filter(written__iexact=given.get("written", "")).exclude(pk=self.instance.pk)
        if given.get("written") and same.exists():
            self.add_error("written", _("Ce mot a déjà sa prononciation\u00a0: modifiez-la dans la liste."))
        return given


def _on_one_line(typed: str) -> str:
    return " ".join(typed.split())


class SentencesForm(forms.Form):
    """Which sentences one looks for."""

    moment = forms.ChoiceField(label=_("Moment de l'appel"), required=False)
    nos_voix = forms.BooleanField(label=_("Seulement nos enregistrements"), required=False)

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["moment"].choices = [("", _("tous")), *MOMENTS.items()]  # type: ignore[attr-defined]


class RecordingField(forms.FileField):
    """A WAV file, made a telephone's and kept as a draft once it is read."""

    def clean(self, data: Any, initial: Any = None) -> Draft | None:
        sent = super().clean(data, initial)
        if not isinstance(sent, UploadedFile):
            return None
        try:
            if (sent.size or 0) > recordings.MOST_BYTES:  # before any of it is read
                raise RecordingRefused("too_heavy")
            return recordings.receive(content=sent.read())
        except RecordingRefused as error:
            raise ValidationError(str(RECORDING_REFUSED[str(error.refusal.code)]), code="refused") from error


class RecordingForm(forms.Form):
    """What somebody of the town said into a microphone."""

    recording = RecordingField(
        label=_("Fichier WAV"),
        help_text=_("Trente secondes et 6 Mo au plus. Nous coupons les silences et réglons le volume."),
        widget=forms.FileInput({"accept": ".wav,audio/wav,audio/x-wav"}),
        allow_empty_file=True,
        error_messages={"required": _("Choisissez le fichier WAV."), "invalid": _("Choisissez le fichier WAV.")},
    )
