"""Families and places for the town's other software."""

from collections.abc import Mapping, Sequence
from datetime import date
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


class Children(ListView):
    """A household's children."""

    right = READ_FAMILIES
    item = Pupil

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Child]:
        if not api_queries.is_household(pk=self.kwargs["famille"]):
            raise Http404
        return api_queries.children_of(household=self.kwargs["famille"], day=self._day())

    def written(self, rows: Sequence[Child]) -> Sequence[dict[str, Any]]:
        classes = api_queries.classes_of(rows, day=self._day())
        return [_pupil(child, classes.get(child.pk)) for child in rows]

    def _day(self) -> date:
        return self.received_at.astimezone(context.current().zone).date()

    @extend_schema(
        operation_id="lister_les_enfants",
        tags=[TAG],
        summary=_("Les enfants d'une famille"),
        parameters=[FAMILY],
        description=_("Les enfants que la famille a en garde aujourd'hui, avec leur classe. Jamais leurs codes."),
        responses=page(Pupil),
    )
    def get(self, request: Request, famille: int) -> Response:
        return self.answer_page()


def _pupil(child: Child, school_class: SchoolClass | None) -> dict[str, Any]:
    return {
        "id": child.pk,
        "prenom": child.first_name,
        "nom": child.last_name,
        "classe": school_class,
        "lieu": school_class.site_id if school_class else None,
    }
