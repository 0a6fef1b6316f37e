"""Families written by the town's other software: the counter's own actions, under an `Idempotency-Key`."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from lps.accounts.api import idempotency
from lps.accounts.api.fields import DayField, FlagField, KeyField, Strict, complaint
from lps.accounts.api.schema import path_key
from lps.accounts.api.views import ApiView
from lps.accounts.api.written import Written
from lps.families import api_queries, phones
from lps.families.models import Child, Household, SchoolClass
from lps.families.rights import WRITE_FAMILIES
from lps.families.rules import postal
from lps.families.services.children import move_child
from lps.families.services.counter import Newcomer, enter_child, enter_family
from lps.families.services.guardians import HouseholdFacts, add_guardian, change_household
from lps.families.services.households import FamilyRefused, NewGuardian
from lps.journal.channels import Channel
from tenants import context

TAG = "Familles"
FAMILY = path_key("famille", _("La clé de la famille."))
CHILD = path_key("enfant", _("La clé de l'enfant."))
KEY = OpenApiParameter(
    idempotency.HEADER,
    {"type": "string", "pattern": idempotency.PATTERN},
    OpenApiParameter.HEADER,
    required=True,
    description=_("Une clé nouvelle à chaque demande : la même, renvoyée, ne fait rien de plus."),
)
REFUSALS = {
    "in_the_past": _("Un changement de classe commence aujourd'hui ou plus tard."),
    "year_over": _("L'année de cette classe est finie ce jour-là."),
    "same_class": _("L'enfant est déjà dans cette classe."),
}


class Name(serializers.CharField):
    """A name in one line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=options.pop("max_length", 80), **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return " ".join(super().to_internal_value(data).split())


class Phone(serializers.CharField):
    """A telephone number, as the commune dials it or with its prefix."""

    default_error_messages = {"phone": _("Ce n'est pas un numéro de téléphone.")}

    def to_internal_value(self, data: Any) -> str:
        typed = super().to_internal_value(data)
        try:
            return phones.clean(typed, region=phones.region_of(context.current().zone)) if typed else ""
        except phones.BadPhone:
            raise ValidationError(self.error_messages["phone"], code="phone") from None


class PostalCode(Name):
    """A postal code, as the counter takes it."""

    default_error_messages = {
        "postal_code": _("Un code postal compte 5\u00a0chiffres ; celui d'un autre pays s'écrit avec une lettre.")
    }

    def to_internal_value(self, data: Any) -> str:
        try:
            return postal.postal_code(super().to_internal_value(data))
        except postal.BadPostalCode:
            raise ValidationError(self.error_messages["postal_code"], code="postal_code") from None


class Home(Strict):
    """A household's name and address."""

    called = "FoyerDemande"
    sample = {"nom": "MARSONE", "adresse": "1 rue des Écoles", "code_postal": "75000", "ville": "Paris"}
    nom = Name(source="name")
    adresse = Name(source="street", max_length=200, required=False, allow_blank=True, default="")
    code_postal = PostalCode(source="postal_code", max_length=10, required=False, allow_blank=True, default="")
    ville = Name(source="city", required=False, allow_blank=True, default="")


class Representative(Strict):
    """A guardian."""

    called = "RepresentantDemande"
    sample = {"civilite": "Mme", "prenom": "Alice", "nom": "MARSONE", "courriel": "alice@example.org", "telephone": ""}
    civilite = serializers.ChoiceField(source="title", choices=("", "Mme", "M."), required=False, default="")
    prenom = Name(source="first_name", max_length=60)
    nom = Name(source="last_name")
    courriel = serializers.EmailField(source="email", required=False, allow_blank=True, default="", max_length=254)
    telephone = Phone(source="phone", required=False, allow_blank=True, default="", max_length=40)
    payeur = FlagField(
        source="is_payer", required=False, default=False, help_text=_("Il prend la place du payeur d'avant.")
    )


class Pupil(Strict):
    """A child who comes."""

    called = "EnfantDemande"
    sample = {"prenom": "Angéline", "nom": "MARSONE", "ne_le": "2018-03-12", "classe": 7}
    prenom = Name(source="first_name", max_length=60)
    nom = Name(source="last_name")
    ne_le = DayField(source="birth_date", required=False, allow_null=True, default=None)
    classe = KeyField(required=False, allow_null=True, default=None, help_text=_("Telle que « classes » la donne."))


class NewFamily(Strict):
    """A household with the one who pays and its first child."""

    called = "FamilleDemandee"
    sample = {"foyer": Home.sample, "representant": Representative.sample, "enfant": Pupil.sample}
    foyer = Home()
    representant = Representative(help_text=_("Celui qui paie."))
    enfant = Pupil()


class Move(Strict):
    """A class, from a day on."""

    called = "ChangementDeClasse"
    sample = {"classe": 7, "depuis": "2026-11-30"}
    classe = KeyField(allow_null=True, help_text=_("Null : plus dans aucune classe."))
    depuis = DayField(help_text=_("Aujourd'hui ou plus tard."))


class Made(Written):
    """What was written."""

    called = "Ecrit"
    sample = {"famille": 12, "enfants": [34]}
    famille = serializers.IntegerField(allow_null=True)
    enfants = serializers.ListField(child=serializers.IntegerField())


class Writing(ApiView):
    """An address that writes once under one key."""

    right = WRITE_FAMILIES

    def once(self, wanted: type[Strict], act: Callable[[Mapping[str, Any]], Response]) -> Response:
        """Read what is wanted, act once; the same call again gives the first answer back."""
        self.parameters()
        jeton = idempotency.jeton_of(self.request)
        asked = wanted(data=self.request.data)
        asked.is_valid(raise_exception=True)
        told = {"path": self.request.path, "body": self.request.data}
        return idempotency.answer_once(jeton=jeton, asked=told, act=lambda: act(asked.validated_data))

    @property
    def today(self) -> date:
        """Today, where the commune is."""
        return self.received_at.astimezone(context.current().zone).date()

    def household(self, pk: int) -> Household:
        """Raises `Http404`."""
        if (found := api_queries.household(pk=pk)) is None:
            raise Http404
        return found

    def newcomer(self, asked: Mapping[str, Any]) -> Newcomer:
        """The child who is asked for. Raises `ValidationError` for a class that is none."""
        facts = {name: value for name, value in asked.items() if name != "classe"}
        if facts["birth_date"] and facts["birth_date"] > self.today:
            raise complaint("ne_le", code="invalid", message=_("Ce jour n'est pas encore venu."))
        return Newcomer(**facts, school_class=self.school_class(asked["classe"]))

    def school_class(self, pk: int | None) -> SchoolClass | None:
        """Raises `ValidationError`."""
        if pk is None:
            return None
        if (found := api_queries.school_class(pk=pk, day=self.today)) is None:
            raise complaint("classe", code="unknown", message=_("Aucune classe de l'année n'a cette clé."))
        return found


class AddHousehold(Writing):
    """A new household."""

    @extend_schema(
        operation_id="ajouter_une_famille",
        tags=[TAG],
        summary=_("Ajouter une famille"),
        description=_(
            "Entre un foyer, celui qui paie et un premier enfant. Leurs codes sont tirés, et la mairie imprime la "
            "lettre : aucun code ne sort par l'API."
        ),
        parameters=[KEY],
        request=NewFamily,
        responses={201: OpenApiResponse(Made, description=_("Écrit."))},
    )
    def post(self, request: Request) -> Response:
        return self.once(NewFamily, self._add)

    def _add(self, asked: Mapping[str, Any]) -> Response:
        household = enter_family(
            home=HouseholdFacts(**asked["foyer"]),
            guardian=NewGuardian(**{**asked["representant"], "is_payer": True}),
            child=self.newcomer(asked["enfant"]),
            today=self.today,
            by=self.request.user,
            channel=Channel.API,
        )
        children = api_queries.children_of(household=household.pk, day=self.today)
        return _made(household.pk, *children.values_list("pk", flat=True))


class ChangeHousehold(Writing):
    """A household's name and address."""

    @extend_schema(
        operation_id="modifier_une_famille",
        tags=[TAG],
        summary=_("Changer le nom et l'adresse d'une famille"),
        description=_("Ce qui n'est pas donné devient vide : donnez l'adresse entière."),
        parameters=[FAMILY, KEY],
        request=Home,
        responses=Made,
    )
    def post(self, request: Request, famille: int) -> Response:
        household = self.household(famille)
        return self.once(Home, lambda asked: self._change(household, asked))

    def _change(self, household: Household, asked: Mapping[str, Any]) -> Response:
        facts = HouseholdFacts(**asked)
        change_household(household=household, facts=facts, by=self.request.user, channel=Channel.API)
        return _made(household.pk, status=200)


class AddGuardian(Writing):
    """One more guardian."""

    @extend_schema(
        operation_id="ajouter_un_representant",
        tags=[TAG],
        summary=_("Ajouter un représentant"),
        description=_("Le premier d'une famille paie toujours."),
        parameters=[FAMILY, KEY],
        request=Representative,
        responses={201: OpenApiResponse(Made, description=_("Écrit."))},
    )
    def post(self, request: Request, famille: int) -> Response:
        household = self.household(famille)
        return self.once(Representative, lambda asked: self._add(household, asked))

    def _add(self, household: Household, asked: Mapping[str, Any]) -> Response:
        new = NewGuardian(**asked)
        add_guardian(household=household, new=new, by=self.request.user, channel=Channel.API)
        return _made(household.pk)


class AddChild(Writing):
    """One more child of a household."""

    @extend_schema(
        operation_id="ajouter_un_enfant",
        tags=[TAG],
        summary=_("Ajouter un enfant"),
        description=_("Il est en garde dans cette famille dès aujourd'hui, et dans sa classe si elle est donnée."),
        parameters=[FAMILY, KEY],
        request=Pupil,
        responses={201: OpenApiResponse(Made, description=_("Écrit."))},
    )
    def post(self, request: Request, famille: int) -> Response:
        household = self.household(famille)
        return self.once(Pupil, lambda asked: self._add(household, asked))

    def _add(self, household: Household, asked: Mapping[str, Any]) -> Response:
        child = enter_child(
            household=household,
            child=self.newcomer(asked),
            today=self.today,
            by=self.request.user,
            channel=Channel.API,
        )
        return _made(household.pk, child.pk)


class MoveChild(Writing):
    """A child who changes class."""

    @extend_schema(
        operation_id="changer_de_classe",
        tags=[TAG],
        summary=_("Changer un enfant de classe"),
        description=_("Ses réservations à venir suivent : dans sa nouvelle école, ou annulées si elle ne l'offre pas."),
        parameters=[CHILD, KEY],
        request=Move,
        responses=Made,
    )
    def post(self, request: Request, enfant: int) -> Response:
        if (child := api_queries.child(pk=enfant)) is None:
            raise Http404
        return self.once(Move, lambda asked: self._move(child, asked))

    def _move(self, child: Child, asked: Mapping[str, Any]) -> Response:
        try:
            move_child(
                child=child,
                school_class=self.school_class(asked["classe"]),
                since=asked["depuis"],
                today=self.today,
                by=self.request.user,
                at=self.received_at,
            )
        except FamilyRefused as refused:
            raise _refused(refused) from None
        return _made(None, child.pk, status=200)


def _refused(refused: FamilyRefused) -> ValidationError:
    code = refused.refusal.code
    return complaint("classe" if code == "same_class" else "depuis", code=code, message=REFUSALS[code])


def _made(household: int | None, *children: int, status: int = 201) -> Response:
    return Response(Made({"famille": household, "enfants": children}).data, status=status)
