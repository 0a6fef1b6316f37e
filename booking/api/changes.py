"""Changing bookings: the one action that every door calls, with its refusals as codes."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from booking import catalogue, sentences
from booking.catalogue import Catalogue
from booking.rights import CHANGE_BOOKINGS
from booking.rules import planning
from booking.rules.planning import Cell, ContradictoryChanges, PlanningRefusal
from booking.services.bookings import ForeignJeton, Saved, change_bookings, written_refusal
from lps.accounts.api import idempotency
from lps.accounts.api.fields import DayField, FlagField, KeyField, Strict, complaint
from lps.accounts.api.problems import KeyReused
from lps.accounts.api.views import ApiView
from lps.accounts.api.written import Written
from lps.families import api_queries as families
from lps.families.models import Custody
from lps.journal.channels import Channel
from tenants import context

MOST_CHANGES = 1000


class AskedChange(Strict):
    """What is wanted of a day."""

    called = "ChangementDemande"
    sample = {"activite": 4, "jour": "2026-11-03", "avant": False, "apres": True}
    activite = KeyField()
    jour = DayField()
    avant = FlagField(help_text=_("Ce que votre logiciel a vu : réservé ou non."))
    apres = FlagField(help_text=_("Ce que vous voulez. Comme « avant » : rien n'est demandé."))


class Asked(Strict):
    """What is wanted for a child, by one of its households."""

    called = "ModificationsDemandees"
    sample = {
        "famille": 12,
        "enfant": 34,
        "modifications": [
            AskedChange.sample,
            {"activite": 4, "jour": "2026-10-19", "avant": True, "apres": False},
        ],
    }
    famille = KeyField(help_text=_("Celle au nom de qui l'on réserve."))
    enfant = KeyField(help_text=_("Un enfant que cette famille a en garde aujourd'hui."))
    modifications = serializers.ListField(child=AskedChange(), min_length=1, max_length=MOST_CHANGES)


class Change(Written):
    """A day and its state before and after."""

    called = "Changement"
    sample = {"activite": 4, "jour": "2026-11-03", "avant": False, "apres": True}
    activite = serializers.IntegerField()
    jour = serializers.DateField()
    avant = serializers.BooleanField()
    apres = serializers.BooleanField()

    @staticmethod
    def written(activity: int, day: date, wanted: bool) -> dict[str, Any]:
        """A real change: what stood was the contrary."""
        return {"activite": activity, "jour": day, "avant": not wanted, "apres": wanted}


class Refused(Written):
    """A change that was refused, and why."""

    called = "Refus"
    sample = {
        "activite": 4,
        "jour": "2026-10-19",
        "apres": False,
        "code": "too_late",
        "faits": {"closed_at": "2026-10-16T17:00:00+02:00"},
        "message": "trop tard, la date limite était vendredi 16/10 à 17h00",
    }
    activite = serializers.IntegerField()
    jour = serializers.DateField()
    apres = serializers.BooleanField(help_text=_("Ce qui était voulu."))
    code = serializers.ChoiceField(
        choices=[code.value for code in PlanningRefusal],
        help_text=_(
            "full : complet ; too_late : trop tard ; not_yet_open : trop tôt ; no_service : pas ouverte ce jour-là ; "
            "not_entitled : pas ouverte à cet enfant ; incompatible et together : liée à une autre du même jour ; "
            "other_household : réservée par l'autre foyer, ou son jour ; changed_meanwhile : plus comme vu ; "
            "unknown : activité inconnue."
        ),
    )
    faits = serializers.DictField(
        help_text=_("Ce qui précise le code : closed_at, opens_at (instants), activity (clé), booked (vrai ou faux)…")
    )
    message = serializers.CharField(help_text=_("La raison, telle qu'une famille la lit."))


class Done(Written):
    """What became of each change."""

    called = "ModificationsFaites"
    sample = {
        "recu": "R-2026-000123",
        "recu_le": "2026-10-20T09:12:00+02:00",
        "enregistrees": [Change.sample],
        "refusees": [Refused.sample],
        "sans_effet": [],
    }
    recu = serializers.CharField(allow_null=True, help_text=_("Le numéro du reçu ; null : rien n'a changé."))
    recu_le = serializers.DateTimeField(help_text=_("L'instant qui a compté pour les limites."))
    enregistrees = Change(many=True)
    refusees = Refused(many=True)
    sans_effet = Change(many=True, help_text=_("Déjà ainsi, ou « avant » et « apres » égaux."))


class Changes(ApiView):
    """The door of the town's other software to `change_bookings`."""

    right = CHANGE_BOOKINGS

    @extend_schema(
        operation_id="modifier_les_reservations",
        tags=["Réservations"],
        summary=_("Réserver et annuler"),
        description=_(
            "Réserve et annule des jours d'un enfant. Les règles sont celles du site : ce qui est permis est "
            "enregistré, le reste est refusé avec sa raison, et rien n'est ignoré en silence. « avant » protège des "
            "changements faits entre-temps : un jour qui n'est plus comme vu n'est jamais défait."
        ),
        parameters=[
            OpenApiParameter(
                idempotency.HEADER,
                {"type": "string", "pattern": idempotency.PATTERN},
                OpenApiParameter.HEADER,
                required=True,
                description=_(
                    "Une clé nouvelle à chaque demande, un UUID par exemple. La même clé, renvoyée dans les trente "
                    "jours, redonne la première réponse et ne change rien de plus."
                ),
            )
        ],
        request=Asked,
        responses={
            200: OpenApiResponse(Done, description=_("Rien n'a changé : tout est refusé ou déjà ainsi.")),
            201: OpenApiResponse(Done, description=_("Au moins un jour a changé : « Location » mène au reçu.")),
        },
    )
    def post(self, request: Request) -> Response:
        self.parameters()
        jeton = idempotency.jeton_of(request)
        asked = Asked(data=request.data)
        asked.is_valid(raise_exception=True)
        return idempotency.answer_once(
            jeton=jeton, asked=request.data, act=lambda: self._change(asked.validated_data, jeton)
        )

    def _change(self, asked: Mapping[str, Any], jeton: uuid.UUID) -> Response:
        custody = self._custody(asked)
        changes = [
            planning.Change(Cell(one["activite"], one["jour"]), wanted=one["apres"], seen=one["avant"])
            for one in asked["modifications"]
        ]
        try:
            saved = change_bookings(
                child=custody.child,
                household=custody.household,
                changes=changes,
                by=self.request.user,
                channel=Channel.API,
                received_at=self.received_at,
                jeton=jeton,
            )
        except ContradictoryChanges as error:
            raise self._contradiction(asked, error.cell) from error
        except ForeignJeton as error:
            raise KeyReused from error
        return _answer(saved, changes, received_at=self.received_at)

    def _custody(self, asked: Mapping[str, Any]) -> Custody:
        """The household's hold on the child; one that it has not, or that nobody has, is the same refusal."""
        day = self.received_at.astimezone(context.current().zone).date()
        found = families.custody(household=asked["famille"], child=asked["enfant"], day=day)
        if found is None:
            message = _("Cette famille n'a pas en garde d'enfant de cette clé aujourd'hui.")
            raise complaint("enfant", code="unknown", message=message)
        return found

    def _contradiction(self, asked: Mapping[str, Any], cell: Cell) -> ValidationError:
        """Each of the changes that name this day and differ."""
        message = _("Ce jour est demandé deux fois, différemment.")
        places = [
            str(number)
            for number, one in enumerate(asked["modifications"])
            if (one["activite"], one["jour"]) == (cell.activity_id, cell.day)
        ]
        return ValidationError({"modifications": complaint(*places, code="contradictory", message=message).detail})


def refused_lines(written: Iterable[Mapping[str, Any]], *, facts: Catalogue) -> list[dict[str, Any]]:
    """Refusals as receipts keep them, with their sentence."""
    zone, names = context.current().zone, facts.activity_names
    return [
        {
            "activite": refusal["activity"],
            "jour": date.fromisoformat(refusal["day"]),
            "apres": refusal["wanted"],
            "code": refusal["code"],
            "faits": {name: _on_the_walls(name, value, zone) for name, value in refusal["facts"].items()},
            "message": sentences.refusal_sentence(refusal["code"], refusal["facts"], zone=zone, names=names),
        }
        for refusal in written
    ]


def _on_the_walls(name: str, value: Any, zone: ZoneInfo) -> Any:
    """An instant of a refusal with the commune's offset, like those of every answer."""
    return datetime.fromisoformat(value).astimezone(zone).isoformat() if name.endswith("_at") else value


def _answer(saved: Saved, changes: Sequence[planning.Change], *, received_at: datetime) -> Response:
    """What was done: 201 with a receipt, 200 when nothing changed."""
    receipt = saved.receipt
    refused = receipt.refused if receipt else [written_refusal(*pair) for pair in saved.refused]
    settled = {(entry.activity_id, entry.day) for entry in saved.entries}
    settled |= {(line["activity"], date.fromisoformat(line["day"])) for line in refused}
    wanted = {(change.cell.activity_id, change.cell.day) for change in changes}
    if saved.replayed and not settled <= wanted:
        raise KeyReused  # the answer kept under this key is forgotten, its receipt is not: it proves something else
    told = Done(
        {
            "recu": receipt.number if receipt else None,
            "recu_le": receipt.received_at if receipt else received_at,
            "enregistrees": [Change.written(entry.activity_id, entry.day, entry.after) for entry in saved.entries],
            "refusees": refused_lines(refused, facts=catalogue.read()),
            "sans_effet": [
                {
                    "activite": change.cell.activity_id,
                    "jour": change.cell.day,
                    "avant": change.seen,
                    "apres": change.wanted,
                }
                for change in changes
                if (change.cell.activity_id, change.cell.day) not in settled
            ],
        }
    )
    if receipt is None:
        return Response(told.data)
    address = reverse("booking_api:receipt", args=[receipt.number])
    return Response(told.data, status=201, headers={"Location": address})
