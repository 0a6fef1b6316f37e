"""Bookings, the journal of what changed, and receipts, to read."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import api_queries, catalogue
from booking.api.changes import Change, Refused, refused_lines
from booking.models import Booking, JournalEntry, Receipt
from booking.rights import READ_BOOKINGS
from lps.accounts.api.fields import DayField, FlagParameter, InstantParameter, KeyParameter
from lps.accounts.api.pagination import PageFilters
from lps.accounts.api.views import ApiView, ListView
from lps.accounts.api.written import Written, page
from lps.journal.channels import Channel

TAG = "Réservations"
NUMBER = OpenApiParameter(
    "numero",
    str,
    OpenApiParameter.PATH,
    description=_("Le numéro du reçu."),
    examples=[OpenApiExample("Exemple", value="R-2026-000123")],
)
CHANNELS = _("web, voice (serveur vocal), office (mairie), api ou automatic.")


class OneBooking(Written):
    """A booking."""

    called = "Reservation"
    sample = {
        "id": 5012,
        "enfant": 34,
        "famille": 12,
        "activite": 4,
        "lieu": 1,
        "jour": "2026-11-03",
        "reservee_le": "2026-10-20T09:12:00+02:00",
        "annulee_le": None,
        "fermeture": None,
    }
    id = serializers.IntegerField()
    enfant = serializers.IntegerField(source="child_id")
    famille = serializers.IntegerField(source="household_id", help_text=_("Celle qui a réservé."))
    activite = serializers.IntegerField(source="activity_id")
    lieu = serializers.IntegerField(source="service_day.site_id")
    jour = serializers.DateField(source="day")
    reservee_le = serializers.DateTimeField(source="booked_at")
    annulee_le = serializers.DateTimeField(source="canceled_at", allow_null=True)
    fermeture = serializers.IntegerField(
        source="closure_id", allow_null=True, help_text=_("La fermeture par laquelle la mairie l'a annulée.")
    )


class Entry(Written):
    """A change, as the journal keeps it."""

    called = "Modification"
    sample = {
        "id": 9121,
        "le": "2026-10-20T09:12:00+02:00",
        "canal": "web",
        "enfant": 34,
        "famille": 12,
        "activite": 4,
        "nom_activite": "Transport scolaire 8h30",
        "jour": "2026-11-03",
        "avant": False,
        "apres": True,
        "recu": "R-2026-000123",
    }
    id = serializers.IntegerField()
    le = serializers.DateTimeField(source="at")
    canal = serializers.ChoiceField(source="channel", choices=Channel.values, help_text=CHANNELS)
    enfant = serializers.IntegerField(source="child_id")
    famille = serializers.IntegerField(source="household_id")
    activite = serializers.IntegerField(source="activity_id")
    nom_activite = serializers.CharField(source="activity_name", help_text=_("Telle qu'elle s'appelait alors."))
    jour = serializers.DateField(source="day")
    avant = serializers.BooleanField(source="before", help_text=_("Réservé avant."))
    apres = serializers.BooleanField(source="after", help_text=_("Réservé après."))
    recu = serializers.CharField(source="receipt.number")


class ShortReceipt(Written):
    """A receipt in a list."""

    called = "RecuCourt"
    sample = {
        "numero": "R-2026-000123",
        "recu_le": "2026-10-20T09:12:00+02:00",
        "canal": "web",
        "famille": 12,
        "enfant": 34,
        "nombre": 3,
    }
    numero = serializers.CharField(source="receipt.number", help_text=_("Celui que la famille cite."))
    recu_le = serializers.DateTimeField(
        source="receipt.received_at", help_text=_("L'instant qui compte pour les limites.")
    )
    canal = serializers.ChoiceField(source="receipt.channel", choices=Channel.values, help_text=CHANNELS)
    famille = serializers.IntegerField(source="receipt.household_id")
    enfant = serializers.IntegerField(source="receipt.child_id")
    nombre = serializers.IntegerField(help_text=_("Combien de modifications il prouve."))


class WholeReceipt(Written):
    """A receipt with what it proves."""

    called = "Recu"
    sample = {
        "numero": "R-2026-000123",
        "recu_le": "2026-10-20T09:12:00+02:00",
        "canal": "api",
        "famille": 12,
        "enfant": 34,
        "enregistrees": [Change.sample],
        "refusees": [Refused.sample],
    }
    numero = serializers.CharField(source="receipt.number")
    recu_le = serializers.DateTimeField(source="receipt.received_at")
    canal = serializers.ChoiceField(source="receipt.channel", choices=Channel.values, help_text=CHANNELS)
    famille = serializers.IntegerField(source="receipt.household_id")
    enfant = serializers.IntegerField(source="receipt.child_id")
    enregistrees = Change(many=True, help_text=_("Ce qui a changé."))
    refusees = Refused(many=True, help_text=_("Ce qui avait été demandé avec, et refusé."))


class ChildFilters(PageFilters):
    """What narrows whatever is about a child."""

    enfant = KeyParameter(required=False, help_text=_("De cet enfant."))
    famille = KeyParameter(required=False, help_text=_("De cette famille."))


class BookingFilters(ChildFilters):
    """What narrows the bookings."""

    activite = KeyParameter(required=False, help_text=_("De cette activité."))
    du = DayField(required=False, help_text=_("À partir de ce jour."))
    au = DayField(required=False, help_text=_("Jusqu'à ce jour compris."))
    modifiees_depuis = InstantParameter(
        required=False, help_text=_("Faites ou annulées depuis cet instant, annulées comprises.")
    )
    annulees = FlagParameter(required=False, default=False, help_text=_("Avec celles qui sont annulées."))


class EntryFilters(ChildFilters):
    """What narrows the journal."""

    activite = KeyParameter(required=False, help_text=_("De cette activité."))
    depuis = InstantParameter(required=False, help_text=_("Depuis cet instant."))


class ReceiptFilters(ChildFilters):
    """What narrows the receipts."""

    depuis = InstantParameter(required=False, help_text=_("Depuis cet instant."))


class Bookings(ListView):
    """The bookings."""

    right = READ_BOOKINGS
    item = OneBooking
    filters = BookingFilters
    order = ("day", "pk")
    lookups = {
        "enfant": "child",
        "famille": "household",
        "activite": "activity",
        "du": "day__gte",
        "au": "day__lte",
    }

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Booking]:
        return api_queries.bookings(canceled_too=wanted["annulees"], changed_since=wanted.get("modifiees_depuis"))

    @extend_schema(
        operation_id="lister_les_reservations",
        tags=[TAG],
        summary=_("Les réservations"),
        description=_(
            "Qui est attendu, où et quand. Pour suivre les changements, reprenez « modifiees_depuis » cinq minutes "
            "avant le début de la lecture précédente : ce qui se recoupe porte le même id."
        ),
        responses=page(OneBooking),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class Journal(ListView):
    """What changed."""

    right = READ_BOOKINGS
    item = Entry
    filters = EntryFilters
    lookups = {"enfant": "child", "famille": "household", "activite": "activity", "depuis": "at__gte"}

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[JournalEntry]:
        return api_queries.entries()

    @extend_schema(
        operation_id="lire_le_journal",
        tags=[TAG],
        summary=_("Le journal des modifications"),
        description=_("Chaque changement d'un jour, par où qu'il soit venu, du plus ancien au plus récent."),
        responses=page(Entry),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class Receipts(ListView):
    """The receipts."""

    right = READ_BOOKINGS
    item = ShortReceipt
    filters = ReceiptFilters
    lookups = {"enfant": "child", "famille": "household", "depuis": "received_at__gte"}

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Receipt]:
        return api_queries.receipts()

    def written(self, rows: Sequence[Receipt]) -> Sequence[dict[str, Any]]:
        proved = api_queries.changes_proved(rows)
        return [{"receipt": row, "nombre": proved.get(row.pk, 0)} for row in rows]

    @extend_schema(
        operation_id="lister_les_recus",
        tags=[TAG],
        summary=_("Les reçus"),
        description=_("Un reçu par enregistrement qui a changé quelque chose : c'est la preuve des réservations."),
        responses=page(ShortReceipt),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class OneReceipt(ApiView):
    """A receipt."""

    right = READ_BOOKINGS

    @extend_schema(
        operation_id="lire_un_recu",
        tags=[TAG],
        summary=_("Un reçu"),
        description=_("Ce qu'un reçu prouve, et ce qui avait été refusé en même temps."),
        parameters=[NUMBER],
        responses=WholeReceipt,
    )
    def get(self, request: Request, numero: str) -> Response:
        self.parameters()
        receipt = api_queries.receipt(number=numero)
        if receipt is None:
            raise Http404
        return Response(WholeReceipt(_whole(receipt)).data)


def _whole(receipt: Receipt) -> Mapping[str, Any]:
    entries: Sequence[JournalEntry] = list(receipt.entries.order_by("day", "pk"))
    return {
        "receipt": receipt,
        "enregistrees": [Change.written(entry.activity_id, entry.day, entry.after) for entry in entries],
        "refusees": refused_lines(receipt.refused, facts=catalogue.read()),
    }
