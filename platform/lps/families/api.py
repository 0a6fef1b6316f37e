"""Families and places for the town's other software."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from lps.accounts.api.schema import path_key
from lps.accounts.api.views import ApiView, ListView
from lps.accounts.api.written import Written, page
from lps.families import api_queries
from lps.families.models import Child, Household, SchoolClass, Site
from lps.families.rights import READ_FAMILIES, READ_SITES
from tenants import context

TAG = "Familles"
FAMILY = path_key("famille", _("La clé de la famille."))


class Place(Written):
    """A site."""

    called = "Lieu"
    sample = {"id": 1, "nom": "École du Centre", "ecole": True}
    id = serializers.IntegerField()
    nom = serializers.CharField(source="name")
    ecole = serializers.BooleanField(source="is_school", help_text=_("Faux : un autre lieu d'accueil."))


class Family(Written):
    """A household."""

    called = "Famille"
    sample = {"id": 12, "nom": "MARSONE"}
    id = serializers.IntegerField()
    nom = serializers.CharField(source="name")


class Class(Written):
    """A school class."""

    called = "Classe"
    nom = serializers.CharField(source="name")
    niveau = serializers.CharField(source="level")


class ListedClass(Written):
    """A school class and the days of its year."""

    called = "ClasseDeLAnnee"
    sample = {"id": 7, "nom": "CE1", "niveau": "CE1", "lieu": 1, "du": "2026-09-01", "au": "2027-07-05"}
    id = serializers.IntegerField()
    nom = serializers.CharField(source="name")
    niveau = serializers.CharField(source="level")
    lieu = serializers.IntegerField(source="site_id")
    du = serializers.DateField(source="school_year.during.lower")
    au = serializers.SerializerMethodField(help_text=_("Le dernier jour de l'année scolaire, compris."))

    def get_au(self, row: SchoolClass) -> date:
        last: date = row.school_year.during.upper - timedelta(days=1)
        return last


class Pupil(Written):
    """A child, with its class of the day."""

    called = "Enfant"
    sample = {
        "id": 34,
        "prenom": "Angéline",
        "nom": "MARSONE",
        "classe": {"nom": "CE1", "niveau": "CE1"},
        "lieu": 1,
    }
    id = serializers.IntegerField()
    prenom = serializers.CharField()
    nom = serializers.CharField()
    classe = Class(allow_null=True, help_text=_("Null : dans aucune classe aujourd'hui."))
    lieu = serializers.IntegerField(allow_null=True, help_text=_("Son école, telle que « lieux » la donne."))


class Sites(ListView):
    """The town's places."""

    right = READ_SITES
    item = Place

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Site]:
        return api_queries.sites()

    @extend_schema(
        operation_id="lister_les_lieux",
        tags=["Catalogue"],
        summary=_("Les lieux"),
        description=_("Les écoles et les autres lieux où des activités sont tenues."),
        responses=page(Place),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class Households(ListView):
    """Every household."""

    right = READ_FAMILIES
    item = Family

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Household]:
        return api_queries.households()

    @extend_schema(
        operation_id="lister_les_familles",
        tags=[TAG],
        summary=_("Les familles"),
        description=_("Toutes les familles de la commune : leur clé et leur nom, rien d'autre."),
        responses=page(Family),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class OneHousehold(ApiView):
    """One household."""

    right = READ_FAMILIES

    @extend_schema(
        operation_id="lire_une_famille",
        tags=[TAG],
        summary=_("Une famille"),
        description=_("Le nom d'une famille de la commune."),
        parameters=[FAMILY],
        responses=Family,
    )
    def get(self, request: Request, famille: int) -> Response:
        self.parameters()
        found = api_queries.households().filter(pk=famille).first()
        if found is None:
            raise Http404
        return Response(Family(found).data)


PUPILS = page(Pupil)


class _Pupils(ListView):
    """Children with their classes of today."""

    right = READ_FAMILIES
    item = Pupil

    def written(self, rows: Sequence[Child]) -> Sequence[dict[str, Any]]:
        classes = api_queries.classes_of(rows, day=self.day)
        return [_pupil(child, classes.get(child.pk)) for child in rows]

    @property
    def day(self) -> date:
        """Today, where the commune is."""
        return self.received_at.astimezone(context.current().zone).date()


class Children(_Pupils):
    """A household's children."""

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Child]:
        if not api_queries.is_household(pk=self.kwargs["famille"]):
            raise Http404
        return api_queries.children_of(household=self.kwargs["famille"], day=self.day)

    @extend_schema(
        operation_id="lister_les_enfants",
        tags=[TAG],
        summary=_("Les enfants d'une famille"),
        parameters=[FAMILY],
        description=_("Les enfants que la famille a en garde aujourd'hui, avec leur classe. Jamais leurs codes."),
        responses=PUPILS,
    )
    def get(self, request: Request, famille: int) -> Response:
        return self.answer_page()


class Classes(ListView):
    """The classes."""

    right = READ_SITES
    item = ListedClass

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[SchoolClass]:
        return api_queries.classes(day=self.received_at.astimezone(context.current().zone).date())

    @extend_schema(
        operation_id="lister_les_classes",
        tags=["Catalogue"],
        summary=_("Les classes"),
        description=_("Les classes de l'année scolaire en cours et de celles qui suivent."),
        responses=page(ListedClass),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class ClassChildren(_Pupils):
    """The children of a class."""

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Child]:
        if api_queries.school_class(pk=self.kwargs["classe"], day=self.day) is None:
            raise Http404
        return api_queries.pupils(day=self.day, school_class=self.kwargs["classe"])

    @extend_schema(
        operation_id="lister_les_enfants_d_une_classe",
        tags=[TAG],
        summary=_("Les enfants d'une classe"),
        parameters=[path_key("classe", _("La clé de la classe."))],
        description=_("Les enfants qui y sont aujourd'hui."),
        responses=PUPILS,
    )
    def get(self, request: Request, classe: int) -> Response:
        return self.answer_page()


class SiteChildren(_Pupils):
    """The children of a school."""

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Child]:
        if not api_queries.is_site(pk=self.kwargs["lieu"]):
            raise Http404
        return api_queries.pupils(day=self.day, school_class__site=self.kwargs["lieu"])

    @extend_schema(
        operation_id="lister_les_enfants_d_une_ecole",
        tags=[TAG],
        summary=_("Les enfants d'une école"),
        parameters=[path_key("lieu", _("La clé du lieu."))],
        description=_("Les enfants qui y sont scolarisés aujourd'hui."),
        responses=PUPILS,
    )
    def get(self, request: Request, lieu: int) -> Response:
        return self.answer_page()


def _pupil(child: Child, school_class: SchoolClass | None) -> dict[str, Any]:
    return {
        "id": child.pk,
        "prenom": child.first_name,
        "nom": child.last_name,
        "classe": school_class,
        "lieu": school_class.site_id if school_class else None,
    }
