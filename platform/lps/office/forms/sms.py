"""The forms of the town's SMS service: the public ones, then those by which the town sets it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from lps.families import phones
from lps.kernel import clock
from lps.ui.forms import EMAIL_ERRORS, DigitsField
from notifications import sms_form
from notifications.models import SendingSettings, Topic
from notifications.rules import numbers
from notifications.rules.numbers import BadNumber
from notifications.rules.robots import Sum, sum_of
from tenants import context, keys

# Nobody reads and fills such a form faster; a page left open longer asks its question again.
FASTEST, LONGEST = timedelta(seconds=2), timedelta(hours=2)
# France and overseas. Elsewhere a text costs ten times as much, and machines ask for it.
_COUNTRIES = ("+33", "+262", "+508", "+590", "+594", "+596", "+681", "+687", "+689")
BAD_NUMBERS: Mapping[str, Any] = {
    "unreadable": _("Ce numéro n'est pas complet\u00a0: il s'écrit comme 06 12 34 56 78."),
    "not_mobile": _("Ce numéro ne reçoit pas de SMS\u00a0: donnez un numéro de mobile, comme 06 12 34 56 78."),
    "premium": _("Ce numéro est surtaxé\u00a0: donnez votre numéro de mobile."),
    "abroad": _("Ce service n'écrit qu'aux mobiles de France métropolitaine et d'outre-mer."),
}
LABELS: Mapping[str, Any] = {
    "title": _("Titre"),
    "last_name": _("Nom"),
    "first_name": _("Prénom"),
    "street": _("N° + rue"),
    "postal_code": _("Code postal"),
    "city": _("Ville"),
    "country": _("Pays"),
    "landline": _("Tél. fixe"),
    "email": _("Email"),
}
_COMPLETE: Mapping[str, str] = {
    "title": "honorific-prefix",
    "last_name": "family-name",
    "first_name": "given-name",
    "street": "street-address",
    "postal_code": "postal-code",
    "city": "address-level2",
    "country": "country-name",
    "landline": "tel",
}
_LENGTHS = {"street": 200, "postal_code": 10, "landline": 25}


class MobileField(forms.CharField):
    """A mobile number, given back in E.164 as the commune dials it."""

    def __init__(self, **rest: Any) -> None:
        rest.setdefault("label", _("Tél. GSM"))
        rest.setdefault("help_text", _("Votre numéro de mobile, par exemple 06 12 34 56 78."))
        rest.setdefault("error_messages", {"required": _("Saisissez votre numéro de mobile.")})
        widget = forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"})
        super().__init__(max_length=25, widget=widget, **rest)

    def clean(self, value: Any) -> str:
        """Overseas, a number of mainland France is read as such."""
        typed, error = super().clean(value), "unreadable"
        for region in dict.fromkeys((phones.region_of(context.current().zone), "FR")):
            try:
                number = numbers.mobile(typed, region=region)
            except BadNumber as refused:
                error = refused.code
                continue
            if number.startswith(_COUNTRIES):
                return number
            error = "abroad"
            break
        raise ValidationError(BAD_NUMBERS[error])


class RobotForm(forms.Form):
    """What keeps machines away without a picture, a script or a third party: a sum told in letters, a field that
    nobody sees, and the time one takes.
    """

    site = forms.CharField(required=False, label=_("Laissez ce champ vide"))
    question = forms.CharField(required=False, widget=forms.HiddenInput, max_length=300)
    answer = forms.CharField(
        max_length=20,
        error_messages={"required": _("Répondez à la question, en chiffres ou en lettres.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.number = _question_of_the_hour()
        self.fields["answer"].label = _now("Combien font %(sum)s ?") % {"sum": sum_of(self.number).words}
        self.fields["answer"].help_text = _now("Cette question écarte les robots.")

    @property
    def signed(self) -> str:
        """The question of this page, and when it was asked."""
        return sign_question(number=self.number, at=clock.real_now())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "answer" in given and (complaint := self._complaint(given)):
            self.add_error("answer", complaint)
        return given

    def _complaint(self, given: Mapping[str, Any]) -> str:
        asked = _asked(given.get("question", ""))
        if asked is None:
            return _now("Cette page est restée ouverte trop longtemps. Répondez de nouveau.")
        question, at = asked
        if given.get("site") or clock.real_now() - at < FASTEST:
            return _now("Envoi trop rapide. Envoyez de nouveau.")
        if not question.is_answered_by(given["answer"]):
            return _now("Ce n'est pas la bonne réponse.")
        return ""


def sign_question(*, number: int, at: datetime) -> str:
    """A question under the commune's name: no other page, commune or day can use it."""
    return _signer().sign_object([number, int(at.timestamp())])


def _asked(signed: str) -> tuple[Sum, datetime] | None:
    try:
        number, seconds = _signer().unsign_object(signed)
    except signing.BadSignature:
        return None
    at = datetime.fromtimestamp(seconds, tz=UTC)
    return (sum_of(number), at) if clock.real_now() - at < LONGEST else None


def _question_of_the_hour() -> int:
    return int(keys.lookup_hash(f"{clock.real_now():%Y-%m-%d-%H}", purpose="sms-question"), 16) % 81


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"sms-question:{context.current().pk.hex}")


class OpenForm(RobotForm):
    """Déjà inscrit ? The number whose subscriptions one wants to see."""

    number_typed = MobileField()
    field_order = ("number_typed", "answer")


class SubscribeForm(RobotForm):
    """The town's form: its fields, its topics, none ticked."""

    mobile = MobileField()
    topics = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez au moins un thème."),
            "invalid_choice": _("Ce thème n'est plus proposé. Choisissez parmi ceux de la page."),
        },
    )

    def __init__(self, *args: Any, row: SendingSettings, offered: Sequence[Topic], consent: str, **rest: Any) -> None:
        super().__init__(*args, initial=sms_form.filled(row), **rest)
        shown = [name for name, how in sms_form.fields(row).items() if how != sms_form.HIDDEN]
        for name in shown:
            self.fields[name] = _field(name, required=sms_form.fields(row)[name] == sms_form.REQUIRED)
        topics = self.fields["topics"]
        assert isinstance(topics, forms.MultipleChoiceField)
        topics.label, topics.choices = consent, [(str(one.pk), one.name) for one in offered]
        before = [name for name in shown if name not in ("landline", "email")]
        after = [name for name in shown if name in ("landline", "email")]
        self.identity_fields = shown
        self.order_fields([*before, "mobile", *after, "topics", "answer"])

    @property
    def identity(self) -> dict[str, str]:
        """What was written, without what was left empty."""
        return {name: self.cleaned_data[name] for name in self.identity_fields if self.cleaned_data.get(name)}

    @property
    def chosen(self) -> tuple[int, ...]:
        """The topics ticked."""
        return tuple(map(int, self.cleaned_data["topics"]))


class CodeForm(forms.Form):
    """The code that was sent to the number."""

    code = DigitsField(
        label=_("Code reçu par SMS"),
        help_text=_("6 chiffres, valables 10 minutes."),
        least=6,
        most=6,
        autocomplete="one-time-code",
    )


class ChoicesForm(forms.Form):
    """The topics that a subscriber keeps, those in force ticked."""

    topics = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _("Ce thème n'est plus proposé. Choisissez parmi ceux de la page.")},
    )

    def __init__(self, *args: Any, offered: Sequence[Topic], consent: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        topics = self.fields["topics"]
        assert isinstance(topics, forms.MultipleChoiceField)
        topics.label, topics.choices = consent, [(str(one.pk), one.name) for one in offered]


class FormSettingsForm(forms.Form):
    """What residents see: open or not, the words above, each field, what is filled in."""

    form_is_open = forms.BooleanField(label=_("Le formulaire est ouvert au public"), required=False)
    welcome = forms.CharField(
        label=_("Texte d'accueil"), required=False, max_length=2000, widget=forms.Textarea({"rows": 4})
    )

    def __init__(self, data: Any = None, *, row: SendingSettings) -> None:
        initial = {"form_is_open": row.form_is_open, "welcome": row.welcome, **sms_form.fields(row)}
        initial |= {f"filled_{name}": value for name, value in sms_form.filled(row).items()}
        super().__init__(data, initial=initial)
        ways = [
            (sms_form.REQUIRED, _("demandé, obligatoire")),
            (sms_form.SHOWN, _("demandé, facultatif")),
            (sms_form.HIDDEN, _("pas demandé")),
        ]
        for name in sms_form.FIELDS:
            self.fields[name] = forms.ChoiceField(label=LABELS[name], choices=ways)
        for name in sms_form.FILLED:
            label = _now("%(field)s, rempli d'avance") % {"field": LABELS[name]}
            self.fields[f"filled_{name}"] = forms.CharField(label=label, required=False, max_length=80)

    @property
    def how(self) -> dict[str, str]:
        """How each field is held, and what is filled in."""
        names = [*sms_form.FIELDS, *(f"filled_{name}" for name in sms_form.FILLED)]
        return {name: self.cleaned_data[name] for name in names}


class TopicForm(forms.Form):
    """A topic's name and its place among the others."""

    name = forms.CharField(
        label=_("Nom du thème"), max_length=120, error_messages={"required": _("Donnez un nom au thème.")}
    )
    order = forms.IntegerField(
        label=_("Place dans la liste"),
        help_text=_("1 pour le premier."),
        min_value=0,
        max_value=999,
        error_messages={
            "required": _("Écrivez un nombre, 1 pour le premier."),
            "invalid": _("Écrivez un nombre entier, 1 pour le premier."),
        },
    )


def _field(name: str, *, required: bool) -> forms.Field:
    complete = {"autocomplete": _COMPLETE.get(name, "off")}
    if name == "title":
        choices = [("", _("Choisissez")), ("Mme", "Mme"), ("M.", "M.")]
        missing = {"required": _("Choisissez Mme ou M.")}
        select = forms.Select(complete)
        return forms.ChoiceField(
            label=LABELS[name], choices=choices, required=required, error_messages=missing, widget=select
        )
    if name == "email":
        widget = forms.EmailInput({"autocomplete": "email", "spellcheck": "false"})
        return forms.EmailField(
            label=LABELS[name], required=required, max_length=254, error_messages=EMAIL_ERRORS, widget=widget
        )
    validators = [RegexValidator(r"^[0-9A-Za-z -]+$", _("Écrivez le code postal, par exemple 78200."))]
    return forms.CharField(
        label=LABELS[name],
        required=required,
        max_length=_LENGTHS.get(name, 80),
        validators=validators if name == "postal_code" else [],
        widget=forms.TextInput(complete),
        error_messages={"required": _("Remplissez ce champ.")},
    )
