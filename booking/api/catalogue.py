"""Groups, activities, and the days on which they are held with the places left."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import api_queries, catalogue
from booking.api import words
from booking.api_queries import FREE, Occupied
from booking.catalogue import Catalogue, Place
from booking.models import Activity, ActivityGroup, Season, ServiceDay
from booking.rights import READ_CATALOGUE
from booking.rules.deadlines import deadline, opening
from lps.accounts.api.fields import DayField, KeyParameter
from lps.accounts.api.pagination import PageFilters
from lps.accounts.api.views import ListView
from lps.accounts.api.written import Written, page
from tenants import context

TAG = "Catalogue"
_DAY_BEFORE = {
    "texte": "Modifiable jusqu'à la veille, 17h00",
    "regle": {
        "type": "days_before",
        "jours": 1,
        "heure": "17:00",
        "sorte_de_jours": "calendar",
        "jour_ferie": "working_day_before",
    },
}


class Group(Written):
    """A group of activities."""

    called = "Groupe"
    sample = {"id": 2, "nom": "TRANSPORT", "ordre": 1}
    id = serializers.IntegerField()
    nom = serializers.CharField(source="name")
    ordre = serializers.IntegerField(source="order", help_text=_("Sa place à l'écran."))


class Rule(Written):
    """A rule in data; which names stand beside `type` depends on it."""

    called = "Regle"
    type = serializers.CharField(
        help_text=_("weekly, days_before, same_day ou fixed_date ; pour l'ouverture, rolling ou fixed_opening.")
    )
    heure = serializers.CharField(required=False, help_text=_("L'heure de la commune, « 17:00 »."))
    jour_semaine = serializers.IntegerField(required=False, help_text=_("1 pour lundi, 7 pour dimanche."))
    semaines_avant = serializers.IntegerField(required=False, help_text=_("0 : la semaine même."))
    jours = serializers.IntegerField(required=False, help_text=_("Combien de jours avant."))
    sorte_de_jours = serializers.CharField(required=False, help_text=_("calendar, working ou school."))
    jour = serializers.DateField(required=False, help_text=_("La date fixe."))
    jour_ferie = serializers.CharField(
        required=False, help_text=_("Si elle tombe un jour férié : kept, working_day_before ou working_day_after.")
    )
    sans_ecole = serializers.CharField(
        required=False, help_text=_("Dans une semaine sans école : kept ou last_of_school.")
    )
    semaines = serializers.IntegerField(required=False, help_text=_("Combien de semaines avant le jour."))


class ToldRule(Written):
    """A rule in words and in data."""

    called = "RegleDite"
    texte = serializers.CharField(help_text=_("La règle, telle qu'une famille la lit."))
    regle = Rule()


class Deadlines(Written):
    """Until when a day is booked and canceled, and from when it is booked."""

    called = "Limites"
    reserver = ToldRule()
    annuler = ToldRule()
    ouverture = ToldRule()


class Entitlement(Written):
    """One way to be entitled: every criterion given is met."""

    called = "Acces"
    lieu = serializers.IntegerField(source="site_id", allow_null=True)
    niveau = serializers.CharField(source="level", help_text=_("Vide : tous les niveaux."))
    age_minimal = serializers.IntegerField(source="youngest", allow_null=True)
    age_maximal = serializers.IntegerField(source="oldest", allow_null=True)


class OneActivity(Written):
    """An activity and its rules."""

    called = "Activite"
    sample = {
        "id": 4,
        "groupe": 2,
        "nom": "Transport scolaire 8h30",
        "ordre": 0,
        "saison": "term",
        "jours": [1, 2, 4, 5],
        "places": 50,
        "limites": {
            "reserver": _DAY_BEFORE,
            "annuler": _DAY_BEFORE,
            "ouverture": {"texte": "Réservable 13 semaines avant", "regle": {"type": "rolling", "semaines": 13}},
        },
        "acces": [{"lieu": None, "niveau": "CE1", "age_minimal": None, "age_maximal": None}],
        "jamais_avec": [8],
        "toujours_avec": [],
    }
    id = serializers.IntegerField()
    groupe = serializers.IntegerField()
    nom = serializers.CharField()
    ordre = serializers.IntegerField(help_text=_("Sa place dans son groupe."))
    saison = serializers.ChoiceField(
        choices=Season.values,
        help_text=_("term : temps scolaire ; short_vacation : petites vacances ; summer : grandes vacances."),
    )
    jours = serializers.ListField(
        child=serializers.IntegerField(),
        help_text=_("Ses jours habituels, 1 pour lundi."),
    )
    places = serializers.IntegerField(allow_null=True, help_text=_("Les places par jour ; null : sans limite."))
    limites = Deadlines()
    acces = Entitlement(many=True, help_text=_("Qui y a droit : l'un de ces cas ; vide : tous les enfants."))
    jamais_avec = serializers.ListField(
        child=serializers.IntegerField(), help_text=_("Jamais le même jour que l'une de ces activités.")
    )
    toujours_avec = serializers.ListField(
        child=serializers.IntegerField(), help_text=_("Jamais sans ces activités, les jours où elles ont lieu.")
    )


class Day(Written):
    """An activity at a site on a day."""

    called = "Jour"
    sample = {
        "activite": 4,
        "lieu": 1,
        "jour": "2026-11-03",
        "ouvert": True,
        "motif": "",
        "places": 50,
        "prises": 37,
        "proposees": 0,
        "en_attente": 0,
        "restantes": 13,
        "ouverture_le": "2026-08-04T00:00:00+02:00",
        "reserver_avant": "2026-11-02T17:00:00+01:00",
        "annuler_avant": "2026-11-02T17:00:00+01:00",
    }
    activite = serializers.IntegerField()
    lieu = serializers.IntegerField()
    jour = serializers.DateField()
    ouvert = serializers.BooleanField()
    motif = serializers.CharField(help_text=_("Pourquoi rien n'a lieu, si c'est un jour férié ou une fermeture."))
    places = serializers.IntegerField(allow_null=True, help_text=_("Null : sans limite."))
    prises = serializers.IntegerField(help_text=_("Combien d'enfants sont réservés."))
    proposees = serializers.IntegerField(help_text=_("Les places gardées à qui attendait et doit répondre."))
    en_attente = serializers.IntegerField(help_text=_("Combien d'enfants sont en liste d'attente."))
    restantes = serializers.IntegerField(
        allow_null=True,
        help_text=_("Celles que l'on peut réserver : aucune tant que l'on attend ; null : sans limite."),
    )
    ouverture_le = serializers.DateTimeField(help_text=_("L'instant à partir duquel on réserve."))
    reserver_avant = serializers.DateTimeField(help_text=_("L'instant à partir duquel il est trop tard."))
    annuler_avant = serializers.DateTimeField(help_text=_("L'instant à partir duquel il est trop tard pour annuler."))


class ActivityFilters(PageFilters):
    """What narrows the activities."""

    groupe = KeyParameter(required=False, help_text=_("Les activités de ce groupe."))


class DayFilters(PageFilters):
    """What narrows the days."""

    du = DayField(required=False, help_text=_("À partir de ce jour."))
    au = DayField(required=False, help_text=_("Jusqu'à ce jour compris."))
    activite = KeyParameter(required=False, help_text=_("Les jours de cette activité."))
    lieu = KeyParameter(required=False, help_text=_("Les jours de ce lieu."))


class Groups(ListView):
    """The groups of activities."""

    right = READ_CATALOGUE
    item = Group

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[ActivityGroup]:
        return api_queries.groups()

    @extend_schema(
        operation_id="lister_les_groupes",
        tags=[TAG],
        summary=_("Les groupes d'activités"),
        description=_("Les groupes, tels que les familles les choisissent : PERISCOLAIRE, TRANSPORT, MERCREDI…"),
        responses=page(Group),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class Activities(ListView):
    """The activities."""

    right = READ_CATALOGUE
    item = OneActivity
    filters = ActivityFilters
    lookups = {"groupe": "group"}

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Activity]:
        return api_queries.activities()

    def written(self, rows: Sequence[Activity]) -> Sequence[dict[str, Any]]:
        facts, zone = catalogue.read(), context.current().zone
        return [_activity(row, facts, zone, self.received_at) for row in rows if row.pk in facts.activities]

    @extend_schema(
        operation_id="lister_les_activites",
        tags=[TAG],
        summary=_("Les activités et leurs règles"),
        description=_("Chaque activité, avec ses dates limites en français et en données, et ce qui s'y oppose."),
        responses=page(OneActivity),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class Days(ListView):
    """The days on which activities are held."""

    right = READ_CATALOGUE
    item = Day
    filters = DayFilters
    order = ("day", "pk")
    lookups = {"du": "day__gte", "au": "day__lte", "activite": "activity", "lieu": "site"}

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[ServiceDay]:
        return api_queries.service_days()

    def written(self, rows: Sequence[ServiceDay]) -> Sequence[dict[str, Any]]:
        occupied = api_queries.occupied(rows, at=self.received_at)
        facts, zone = catalogue.read(), context.current().zone
        known = [row for row in rows if row.activity_id in facts.activities]
        return [_day(row, occupied.get(row.pk, FREE), facts, zone) for row in known]

    @extend_schema(
        operation_id="lister_les_jours",
        tags=[TAG],
        summary=_("Les jours de service et leurs places"),
        description=_("Un jour par activité et par lieu : ouvert ou non, places restantes, instants limites."),
        responses=page(Day),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


def _activity(row: Activity, facts: Catalogue, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    known = facts.activities[row.pk]
    return {
        "id": row.pk,
        "groupe": row.group_id,
        "nom": row.name,
        "ordre": row.order,
        "saison": row.season,
        "jours": [weekday + 1 for weekday in sorted(row.weekdays)],
        "places": row.places,
        "limites": words.told(known.rule, zone=zone, now=now),
        "acces": known.ways,
        "jamais_avec": _tied(facts.incompatible, row.pk),
        "toujours_avec": _tied(facts.together, row.pk),
    }


def _day(row: ServiceDay, occupied: Occupied, facts: Catalogue, zone: ZoneInfo) -> dict[str, Any]:
    rule = facts.activities[row.activity_id].rule
    why = "" if row.open else facts.why_closed(row.day, place=Place(row.site_id), activity_id=row.activity_id)
    return {
        "activite": row.activity_id,
        "lieu": row.site_id,
        "jour": row.day,
        "ouvert": row.open,
        "motif": why,
        "places": row.places,
        "prises": occupied.booked,
        "proposees": occupied.offered,
        "en_attente": occupied.waiting,
        "restantes": occupied.left(row.places),
        "ouverture_le": opening(rule.opening, day=row.day, zone=zone),
        "reserver_avant": deadline(rule.book, day=row.day, calendar=facts.calendar, zone=zone),
        "annuler_avant": deadline(rule.cancel, day=row.day, calendar=facts.calendar, zone=zone),
    }


def _tied(ties: Iterable[frozenset[int]], activity: int) -> list[int]:
    """The activities that one of these ties binds to this one."""
    return sorted({other for tied in ties if activity in tied for other in tied if other != activity})
