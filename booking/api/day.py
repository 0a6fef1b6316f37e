"""What happens on a day: roll calls read and noted, absences, meals to prepare, closures."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import api_queries, kitchen
from booking.api.bookings import CHANNELS
from booking.models import Absence, Attendance, Closure
from booking.rights import COUNT_MEALS, NOTE_ATTENDANCE, READ_ATTENDANCE, READ_CATALOGUE, READ_DECLARED
from booking.services import attendance
from lps.accounts.api import idempotency
from lps.accounts.api.fields import DayField, Filters, InstantParameter, KeyField, KeyParameter, Strict, complaint
from lps.accounts.api.pagination import PageFilters
from lps.accounts.api.views import ApiView, ListView
from lps.accounts.api.written import Written, page
from lps.families.queries.children import known_children
from lps.journal.channels import Channel

TAG = "Journée"
MOST_DAYS = timedelta(days=31)
STATES = _("present, absent ou excused (absence justifiée).")


class Seen(Written):
    """What was said of a child at the roll call."""

    called = "Pointage"
    sample = {
        "id": 812,
        "enfant": 34,
        "activite": 4,
        "lieu": 1,
        "jour": "2026-11-03",
        "etat": "present",
        "non_reserve": False,
        "arrive_a": "2026-11-03T16:30:00+01:00",
        "parti_a": None,
        "note_le": "2026-11-03T16:31:12+01:00",
    }
    id = serializers.IntegerField()
    enfant = serializers.IntegerField(source="child_id")
    activite = serializers.IntegerField(source="service_day.activity_id")
    lieu = serializers.IntegerField(source="service_day.site_id")
    jour = serializers.DateField(source="service_day.day")
    etat = serializers.ChoiceField(source="state", choices=Attendance.State.values, help_text=STATES)
    non_reserve = serializers.BooleanField(source="unbooked", help_text=_("Présent sans réservation."))
    arrive_a = serializers.DateTimeField(source="arrived_at", allow_null=True)
    parti_a = serializers.DateTimeField(source="left_at", allow_null=True)
    note_le = serializers.DateTimeField(source="noted_at")


class SeenFilters(PageFilters):
    """What narrows the roll calls."""

    jour = DayField(required=False, help_text=_("De ce jour."))
    activite = KeyParameter(required=False, help_text=_("De cette activité."))
    lieu = KeyParameter(required=False, help_text=_("De ce lieu."))
    enfant = KeyParameter(required=False, help_text=_("De cet enfant."))
    depuis = InstantParameter(required=False, help_text=_("Notés depuis cet instant."))


class ToNote(Strict):
    """A child to note at the roll call of a day."""

    called = "PointageDemande"
    sample = {"enfant": 34, "activite": 4, "lieu": 1, "jour": "2026-11-03", "etat": "present"}
    enfant = KeyField()
    activite = KeyField()
    lieu = KeyField()
    jour = DayField()
    etat = serializers.ChoiceField(choices=Attendance.State.values, help_text=STATES)


class Declared(Written):
    """An absence, without its reason nor its document."""

    called = "Absence"
    sample = {
        "id": 12,
        "enfant": 34,
        "famille": 12,
        "du": "2026-11-03",
        "au": "2026-11-04",
        "activites": [],
        "decision": "accepted",
        "declaree_le": "2026-11-02T18:00:00+01:00",
        "canal": "web",
        "examinee_le": "2026-11-03T09:00:00+01:00",
    }
    id = serializers.IntegerField()
    enfant = serializers.IntegerField(source="child_id")
    famille = serializers.IntegerField(source="household_id")
    du = serializers.DateField(source="first_day")
    au = serializers.DateField(source="last_day")
    activites = serializers.ListField(
        child=serializers.IntegerField(), source="activity_ids", help_text=_("Vide : toutes.")
    )
    decision = serializers.ChoiceField(
        source="state",
        choices=Absence.State.values,
        help_text=_("declared (à examiner), accepted (acceptée), refused (refusée) ou withdrawn (retirée)."),
    )
    declaree_le = serializers.DateTimeField(source="declared_at")
    canal = serializers.ChoiceField(source="channel", choices=Channel.values, help_text=CHANNELS)
    examinee_le = serializers.DateTimeField(source="answered_at", allow_null=True)


class DeclaredFilters(PageFilters):
    """What narrows the absences."""

    enfant = KeyParameter(required=False, help_text=_("De cet enfant."))
    famille = KeyParameter(required=False, help_text=_("De cette famille."))
    du = DayField(required=False, help_text=_("Qui finissent ce jour ou après."))
    au = DayField(required=False, help_text=_("Qui commencent ce jour ou avant."))


class Meals(Written):
    """So many meals of one kind."""

    called = "Repas"
    sample = {
        "jour": "2026-11-03",
        "activite": 9,
        "lieu": "École Pablo Neruda",
        "classe": "CE1",
        "regimes": ["sans porc"],
        "panier": False,
        "nombre": 4,
    }
    jour = serializers.DateField(source="day")
    activite = serializers.IntegerField(source="activity_id")
    lieu = serializers.CharField(source="site", help_text=_("Le nom de l'école."))
    classe = serializers.CharField(source="school_class")
    regimes = serializers.ListField(child=serializers.CharField(), source="diets", help_text=_("Vide : sans régime."))
    panier = serializers.BooleanField(source="own_meal", help_text=_("L'enfant apporte son repas."))
    nombre = serializers.IntegerField(source="number")


class MealFilters(Filters):
    """The days to count."""

    du = DayField(help_text=_("À partir de ce jour."))
    au = DayField(help_text=_("Jusqu'à ce jour compris, 31 jours plus loin au plus."))


class Shut(Written):
    """Days on which nothing is held."""

    called = "Fermeture"
    sample = {
        "id": 3,
        "du": "2026-11-10",
        "au": "2026-11-10",
        "motif": "Grève",
        "lieu": None,
        "classe": None,
        "activite": None,
    }
    id = serializers.IntegerField()
    du = serializers.DateField(source="first_day")
    au = serializers.DateField(source="last_day")
    motif = serializers.CharField(source="reason", help_text=_("Tel que les familles le lisent."))
    lieu = serializers.IntegerField(source="site_id", allow_null=True, help_text=_("Null : toute la commune."))
    classe = serializers.IntegerField(source="school_class_id", allow_null=True)
    activite = serializers.IntegerField(source="activity_id", allow_null=True, help_text=_("Null : toutes."))


class ShutFilters(PageFilters):
    """What narrows the closures."""

    du = DayField(required=False, help_text=_("Qui finissent ce jour ou après."))
    au = DayField(required=False, help_text=_("Qui commencent ce jour ou avant."))


class Attendances(ListView):
    """The roll calls."""

    right = READ_ATTENDANCE
    item = Seen
    filters = SeenFilters
    lookups = {
        "jour": "service_day__day",
        "activite": "service_day__activity",
        "lieu": "service_day__site",
        "enfant": "child",
        "depuis": "noted_at__gte",
    }

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Attendance]:
        return api_queries.attendances()

    @extend_schema(
        operation_id="lister_les_pointages",
        tags=[TAG],
        summary=_("Les pointages"),
        description=_("Ce qui a été dit en dernier de chaque enfant, par jour, activité et lieu."),
        responses=page(Seen),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class Note(ApiView):
    """The roll call, noted by other software: a gate, a tablet of another maker."""

    right = NOTE_ATTENDANCE

    @extend_schema(
        operation_id="noter_un_pointage",
        tags=[TAG],
        summary=_("Noter un pointage"),
        description=_("Dit un enfant présent, absent ou excusé. Le dernier mot compte, et chacun reste au journal."),
        parameters=[
            OpenApiParameter(
                idempotency.HEADER,
                {"type": "string", "pattern": idempotency.PATTERN},
                OpenApiParameter.HEADER,
                required=True,
                description=_("Une clé nouvelle à chaque demande : la même, renvoyée, ne note rien de plus."),
            )
        ],
        request=ToNote,
        responses=Seen,
    )
    def post(self, request: Request) -> Response:
        self.parameters()
        jeton = idempotency.jeton_of(request)
        asked = ToNote(data=request.data)
        asked.is_valid(raise_exception=True)
        return idempotency.answer_once(jeton=jeton, asked=request.data, act=lambda: self._note(asked.validated_data))

    def _note(self, asked: Mapping[str, Any]) -> Response:
        held = api_queries.service_day(activity=asked["activite"], site=asked["lieu"], day=asked["jour"])
        if held is None:
            message = _("Cette activité n'a pas lieu là ce jour-là.")
            raise complaint("activite", "lieu", "jour", code="unknown", message=message)
        if asked["enfant"] not in known_children([asked["enfant"]]):
            raise complaint("enfant", code="unknown", message=_("Aucun enfant n'a cette clé."))
        attendance.note(
            service_day=held,
            children=[asked["enfant"]],
            state=asked["etat"],
            by=self.request.user,
            at=self.received_at,
            channel=Channel.API,
        )
        noted = api_queries.attendances().get(service_day=held, child=asked["enfant"])
        return Response(Seen(noted).data)


class Absences(ListView):
    """The absences."""

    right = READ_DECLARED
    item = Declared
    filters = DeclaredFilters
    lookups = {"enfant": "child", "famille": "household", "du": "last_day__gte", "au": "first_day__lte"}

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Absence]:
        return api_queries.absences()

    @extend_schema(
        operation_id="lister_les_absences",
        tags=[TAG],
        summary=_("Les absences déclarées"),
        description=_("Avec leur état. Ni le motif ni le justificatif, qui peuvent parler de santé."),
        responses=page(Declared),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class MealCounts(ApiView):
    """The meals to prepare."""

    right = COUNT_MEALS
    filters = MealFilters

    @extend_schema(
        operation_id="compter_les_repas",
        tags=[TAG],
        summary=_("Les repas à préparer"),
        description=_("Par jour, activité, école, classe et régime : des nombres, aucun nom d'enfant."),
        parameters=[MealFilters],
        responses=page(Meals),
    )
    def get(self, request: Request) -> Response:
        wanted = self.parameters()
        if not timedelta(0) <= wanted["au"] - wanted["du"] <= MOST_DAYS:
            raise complaint("au", code="invalid", message=_("De « du » à 31 jours plus loin."))
        found = kitchen.count(first_day=wanted["du"], last_day=wanted["au"])
        return Response({"resultats": Meals(found, many=True).data, "suivant": None})


class Closures(ListView):
    """The closures."""

    right = READ_CATALOGUE
    item = Shut
    filters = ShutFilters
    lookups = {"du": "last_day__gte", "au": "first_day__lte"}

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Closure]:
        return api_queries.closures()

    @extend_schema(
        operation_id="lister_les_fermetures",
        tags=[TAG],
        summary=_("Les fermetures"),
        description=_("Celles qui tiennent : grève, enseignant absent, sortie… Les jours fériés n'en sont pas."),
        responses=page(Shut),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()
