"""The forms of the counter: a family, its guardians, its children, whom to call, what to know."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from lps.families import phones, search
from lps.families.models import Child, Contact, Diet, Guardian, HealthNote, Household, SchoolClass
from lps.families.rules import food, postal
from lps.families.services import NewGuardian
from lps.families.services.children import ChildFacts, ContactFacts, HealthFacts
from lps.families.services.counter import Newcomer
from lps.families.services.guardians import HouseholdFacts
from lps.ui.forms import EMAIL_ERRORS, DayField
from tenants import context

OLDEST = 25  # years: what a child of the town's services may be
TITLES = [("", "—"), ("Mme", "Mme"), ("M.", "M.")]
NAME_ERRORS = {"required": _("Écrivez ce nom.")}
FIRST_NAME_ERRORS = {"required": _("Écrivez ce prénom.")}


class PhoneField(forms.CharField):
    """A telephone number, kept in the international form."""

    default_error_messages = {
        "phone": _(
            "Ce n'est pas un numéro de téléphone\u00a0: il s'écrit comme 06 12 34 56 78, "
            "ou comme +32 470 12 34 56 pour un autre pays."
        )
    }

    def __init__(self, **rest: Any) -> None:
        widget = forms.TextInput({"inputmode": "tel", "autocomplete": "off"})
        super().__init__(max_length=40, required=False, widget=widget, **rest)

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        try:
            return phones.clean(typed, region=phones.region_of(context.current().zone)) if typed else ""
        except phones.BadPhone:
            raise ValidationError(self.error_messages["phone"], code="phone") from None


class PostalCodeField(forms.CharField):
    """A postal code of France, or of another country with a letter; it may be missing."""

    default_error_messages = {
        "postal_code": _(
            "Un code postal compte 5\u00a0chiffres\u00a0; celui d'un autre pays s'écrit avec une lettre, comme B-1000."
        )
    }

    def __init__(self, **rest: Any) -> None:
        super().__init__(max_length=10, required=False, **rest)

    def clean(self, value: Any) -> str:
        try:
            return postal.postal_code(super().clean(value))
        except postal.BadPostalCode:
            raise ValidationError(self.error_messages["postal_code"], code="postal_code") from None


class EmailField(forms.EmailField):
    """An e-mail address that may be missing."""

    def __init__(self, **rest: Any) -> None:
        widget = forms.EmailInput({"autocomplete": "off", "spellcheck": "false"})
        super().__init__(max_length=254, required=False, error_messages=EMAIL_ERRORS, widget=widget, **rest)


class BirthField(DayField):
    """The day when a child was born."""

    default_error_messages = {"child": _("Cette date ne peut pas être celle d'un enfant\u00a0: vérifiez l'année.")}

    def __init__(self, *, today: date, **rest: Any) -> None:
        super().__init__(required=False, **rest)
        self.today = today

    def validate(self, value: date | None) -> None:
        if value and not (value <= self.today and self.today.year - value.year <= OLDEST):
            raise ValidationError(self.error_messages["child"], code="child")
        super().validate(value)


class ClassField(forms.ChoiceField):
    """A class, under its school; gives the class itself, or None for none."""

    default_error_messages = {
        "required": _("Choisissez une classe."),
        "invalid_choice": _("Choisissez une classe de la liste."),
    }

    def __init__(self, *, classes: Sequence[SchoolClass], none: Any, **rest: Any) -> None:
        self.by_key = {str(one.pk): one for one in classes}
        groups = [(site.name, [(str(one.pk), _named(one)) for one in some]) for site, some in _by_site(classes)]
        super().__init__(choices=[("", none), *groups], **rest)

    def clean(self, value: Any) -> Any:
        return self.by_key.get(super().clean(value))


class HouseholdForm(forms.Form):
    """A household's name and address."""

    name = forms.CharField(label=_("Nom de la famille"), max_length=80, error_messages=NAME_ERRORS)
    street = forms.CharField(label=_("Adresse"), max_length=200, required=False)
    postal_code = PostalCodeField(label=_("Code postal"))
    city = forms.CharField(label=_("Ville"), max_length=80, required=False)

    @property
    def facts(self) -> HouseholdFacts:
        return HouseholdFacts(**self.cleaned_data)

    @staticmethod
    def initial_of(household: Household) -> dict[str, str]:
        return {name: getattr(household, name) for name in ("name", "street", "postal_code", "city")}


class GuardianForm(forms.Form):
    """A guardian."""

    title = forms.ChoiceField(label=_("Civilité"), choices=TITLES, required=False)
    last_name = forms.CharField(label=_("Nom"), max_length=80, error_messages=NAME_ERRORS)
    first_name = forms.CharField(label=_("Prénom"), max_length=60, error_messages=FIRST_NAME_ERRORS)
    phone = PhoneField(label=_("Téléphone"))
    email = EmailField(
        label=_("Adresse e-mail"),
        help_text=_("C'est là que la famille peut retrouver ses codes."),
    )
    is_payer = forms.BooleanField(
        label=_("Paie les factures"),
        help_text=_("Une famille a un seul payeur\u00a0: cette personne prend sa place."),
        required=False,
    )

    @property
    def facts(self) -> NewGuardian:
        return NewGuardian(**self.cleaned_data)

    @staticmethod
    def initial_of(guardian: Guardian) -> dict[str, Any]:
        names = ("title", "last_name", "first_name", "email", "is_payer")
        phone = phones.shown(guardian.phone, region=phones.region_of(context.current().zone)) if guardian.phone else ""
        return {**{name: getattr(guardian, name) for name in names}, "phone": phone}


class _WithChild(forms.Form):
    """Who a child is, and where it sits from a day on."""

    def __init__(self, *args: Any, today: date, classes: Sequence[SchoolClass], must_sit: bool, **rest: Any) -> None:
        """`must_sit`: an agent of some schools would not see a child who sits in none of them."""
        super().__init__(*args, **rest)
        self.fields["birth_date"] = BirthField(label=_("Né ou née le"), today=today)
        self.fields["school_class"] = ClassField(
            label=_("Classe"), classes=classes, none=_("pas encore de classe"), required=must_sit
        )
        self.order_fields(self.field_order)


class NewChildForm(_WithChild):
    """A child who joins a family."""

    last_name = forms.CharField(label=_("Nom"), max_length=80, error_messages=NAME_ERRORS)
    first_name = forms.CharField(label=_("Prénom"), max_length=60, error_messages=FIRST_NAME_ERRORS)

    @property
    def child(self) -> Newcomer:
        return Newcomer(**self.cleaned_data)

    @property
    def known(self) -> search.Known:
        """What may say that the child is there already, perhaps at the other parent's."""
        return search.Known(**_as_known(self.child))


class _NewHome(forms.Form):
    """A guardian who pays, and where the family lives."""

    guardian_title = forms.ChoiceField(label=_("Civilité"), choices=TITLES, required=False)
    guardian_last_name = forms.CharField(
        label=_("Nom du parent"),
        max_length=80,
        required=False,
        help_text=_("Laissez vide s'il porte celui de l'enfant."),
    )
    guardian_first_name = forms.CharField(label=_("Prénom du parent"), max_length=60, error_messages=FIRST_NAME_ERRORS)
    phone = PhoneField(label=_("Téléphone"))
    email = EmailField(label=_("Adresse e-mail"))
    name = forms.CharField(
        label=_("Nom de la famille"),
        max_length=80,
        required=False,
        help_text=_("Laissez vide pour celui du parent."),
    )
    street = forms.CharField(label=_("Adresse"), max_length=200, required=False)
    postal_code = PostalCodeField(label=_("Code postal"))
    city = forms.CharField(label=_("Ville"), max_length=80, required=False)

    child_name = ""

    @property
    def guardian_fields(self) -> list[forms.BoundField]:
        names = ("guardian_title", "guardian_last_name", "guardian_first_name", "phone", "email")
        return [self[name] for name in names]

    @property
    def home_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "street", "postal_code", "city")]

    @property
    def guardian(self) -> NewGuardian:
        given = self.cleaned_data
        return NewGuardian(
            title=given["guardian_title"],
            first_name=given["guardian_first_name"],
            last_name=given["guardian_last_name"] or self.child_name,
            email=given["email"],
            phone=given["phone"],
            is_payer=True,
        )

    @property
    def home(self) -> HouseholdFacts:
        given = {name: self.cleaned_data[name] for name in ("name", "street", "postal_code", "city")}
        return HouseholdFacts(**{**given, "name": given["name"] or self.guardian.last_name})

    @property
    def known(self) -> search.Known:
        """What may say that the family is there already."""
        given, guardian = self.cleaned_data, self.guardian
        name = f"{guardian.last_name} {guardian.first_name}"
        return search.Known(guardian=name, email=given["email"], phone=given["phone"])


class NewFamilyForm(_WithChild, _NewHome):
    """A family at the counter: its first child, a guardian who pays, an address; mistakes are told in that order."""

    field_order = ("last_name", "first_name", "birth_date", "school_class")

    last_name = forms.CharField(label=_("Nom de l'enfant"), max_length=80, error_messages=NAME_ERRORS)
    first_name = forms.CharField(label=_("Prénom de l'enfant"), max_length=60, error_messages=FIRST_NAME_ERRORS)

    @property
    def child_name(self) -> str:  # type: ignore[override]
        return str(self.cleaned_data["last_name"])

    @property
    def child_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("last_name", "first_name", "birth_date", "school_class")]

    @property
    def child(self) -> Newcomer:
        names = ("first_name", "last_name", "birth_date", "school_class")
        return Newcomer(**{name: self.cleaned_data[name] for name in names})

    @property
    def known(self) -> search.Known:
        return replace(super().known, **_as_known(self.child))


class SecondHomeForm(_NewHome):
    """The other household of a child whose parents live apart, and from which day it has the child too."""

    since = DayField(label=_("Dans ce foyer à partir du"), error_messages={"required": _("Choisissez un jour.")})

    def __init__(self, *args: Any, child: Child, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.child_name = child.last_name


class ChildForm(forms.Form):
    """Who a child is, and what it does not eat."""

    last_name = forms.CharField(label=_("Nom"), max_length=80, error_messages=NAME_ERRORS)
    first_name = forms.CharField(label=_("Prénom"), max_length=60, error_messages=FIRST_NAME_ERRORS)

    def __init__(self, *args: Any, today: date, diets: Iterable[Diet], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["birth_date"] = BirthField(label=_("Né ou née le"), today=today)
        choices = [(diet.name, capfirst(diet.name)) for diet in diets]
        if choices:
            self.fields["diets"] = forms.MultipleChoiceField(
                label=_("Ce que l'enfant ne mange pas"),
                choices=choices,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        self.fields["other_diet"] = forms.CharField(
            label=_("Autre régime"),
            help_text=_(
                "Un fait sur la nourriture, par exemple «\u00a0sans fruits à coque\u00a0». Jamais une religion."
            ),
            max_length=food.LONGEST,
            required=False,
        )

    def clean_other_diet(self) -> str:
        words = str(self.cleaned_data["other_diet"])
        if food.names_religion(words):
            raise ValidationError(
                _("Écrivez ce que l'enfant ne mange pas («\u00a0sans porc\u00a0»), jamais une religion.")
            )
        return food.fact(words)

    @property
    def facts(self) -> ChildFacts:
        return ChildFacts(**{name: self.cleaned_data[name] for name in ("first_name", "last_name", "birth_date")})

    @property
    def diets(self) -> list[str]:
        return [*self.cleaned_data.get("diets", ()), *filter(None, [self.cleaned_data["other_diet"]])]

    @staticmethod
    def initial_of(child: Child) -> dict[str, Any]:
        names = ("first_name", "last_name", "birth_date")
        return {**{name: getattr(child, name) for name in names}, "diets": [diet.name for diet in child.diets.all()]}


class MoveForm(forms.Form):
    """Another class from a day on, or none."""

    def __init__(self, *args: Any, classes: Sequence[SchoolClass], **rest: Any) -> None:
        super().__init__(*args, **rest)
        none = _("aucune : l'enfant quitte l'école")
        self.fields["school_class"] = ClassField(label=_("Nouvelle classe"), classes=classes, none=none, required=False)
        self.fields["since"] = DayField(label=_("À partir du"), error_messages={"required": _("Choisissez un jour.")})


class SinceForm(forms.Form):
    """From which day another household has the child too."""

    since = DayField(label=_("À partir du"), error_messages={"required": _("Choisissez un jour.")})


class UntilForm(forms.Form):
    """Until which day a household has the child."""

    last_day = DayField(
        label=_("Dernier jour dans cette famille"), error_messages={"required": _("Choisissez un jour.")}
    )


class ContactForm(forms.Form):
    """Somebody to call, or who may or may not fetch the child."""

    kind = forms.ChoiceField(
        label=_("Cette personne"),
        choices=[(kind.value, capfirst(kind.label)) for kind in Contact.Kind],
        widget=forms.RadioSelect,
        error_messages={"required": _("Dites ce que cette personne peut faire.")},
    )
    name = forms.CharField(label=_("Prénom et nom"), max_length=120, error_messages=NAME_ERRORS)
    relation = forms.CharField(
        label=_("Lien avec l'enfant"),
        max_length=60,
        required=False,
        help_text=_("Par exemple «\u00a0grand-mère\u00a0»."),
    )
    phone = PhoneField(label=_("Téléphone"))

    @property
    def facts(self) -> ContactFacts:
        return ContactFacts(**{**self.cleaned_data, "kind": Contact.Kind(self.cleaned_data["kind"])})

    @staticmethod
    def initial_of(contact: Contact) -> dict[str, str]:
        phone = phones.shown(contact.phone, region=phones.region_of(context.current().zone)) if contact.phone else ""
        return {"kind": contact.kind, "name": contact.name, "relation": contact.relation, "phone": phone}


class HealthForm(forms.Form):
    """A health fact, sealed once it is saved."""

    kind = forms.ChoiceField(label=_("Sorte"), choices=[(kind.value, capfirst(kind.label)) for kind in HealthNote.Kind])
    words = forms.CharField(
        label=_("Ce qu'il faut savoir et faire"),
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": _("Écrivez ce qu'il faut savoir.")},
    )
    own_meal = forms.BooleanField(label=_("Panier repas fourni par la famille"), required=False)
    valid_until = DayField(
        label=_("Valable jusqu'au"), required=False, help_text=_("Laissez vide s'il n'y a pas de fin.")
    )

    @property
    def facts(self) -> HealthFacts:
        return HealthFacts(**{**self.cleaned_data, "kind": HealthNote.Kind(self.cleaned_data["kind"])})

    @staticmethod
    def initial_of(note: HealthNote) -> dict[str, Any]:
        shown = {name: getattr(note, name) for name in ("kind", "own_meal", "valid_until")}
        return {**shown, "words": note.opened}


class RenewForm(forms.Form):
    """Why a family's code is drawn again."""

    reason = forms.CharField(
        label=_("Pourquoi"),
        help_text=_("Par exemple «\u00a0lettre perdue\u00a0». Votre réponse reste au journal."),
        max_length=200,
        error_messages={"required": _("Dites pourquoi le code change.")},
    )


def _as_known(child: Newcomer) -> dict[str, Any]:
    return {"child": f"{child.last_name} {child.first_name}", "birth_date": child.birth_date}


def _named(school_class: SchoolClass) -> str:
    return f"{school_class} ({school_class.school_year})"


def _by_site(classes: Sequence[SchoolClass]) -> list[tuple[Any, list[SchoolClass]]]:
    """The classes under their schools, by year, in the order of levels that they come in."""
    ordered = sorted(classes, key=lambda one: (one.site.name, one.site_id, one.school_year.name))
    return [(site, list(some)) for site, some in groupby(ordered, key=lambda one: one.site)]
