"""Invoices issued and payments received, to read."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing import desk
from billing.models import Invoice, Payment
from billing.rights import READ_ACCOUNTS
from lps.accounts.api.fields import DayField, InstantParameter, KeyParameter
from lps.accounts.api.pagination import PageFilters
from lps.accounts.api.views import ListView
from lps.accounts.api.written import Written, page

TAG = "Facturation"


def euros(**more: Any) -> serializers.DecimalField:
    """An amount, written as a text of two places so that no software rounds it."""
    return serializers.DecimalField(max_digits=10, decimal_places=2, **more)


class OneInvoice(Written):
    """An invoice as it was issued, and what is left of it."""

    called = "Facture"
    sample = {
        "id": 56,
        "numero": "2026-011-000056",
        "numero_commande": "2026-04-00-56",
        "nature": "invoice",
        "lot": 11,
        "regie": 1,
        "famille": 12,
        "payeur": "Mme Alice ESSAI",
        "rue": "1 rue des Essais",
        "code_postal": "78200",
        "ville": "Paris",
        "libelle": "NOVEMBRE 2026",
        "emise_le": "2026-12-02T09:00:00+01:00",
        "echeance": "2026-12-31",
        "total": "50.70",
        "regle": "20.00",
        "reste": "30.70",
    }
    id = serializers.IntegerField()
    numero = serializers.CharField(source="number")
    numero_commande = serializers.CharField(source="order_number")
    nature = serializers.ChoiceField(
        source="kind",
        choices=Invoice.Kind.values,
        help_text=_("invoice (facture), complement (facture complémentaire) ou credit_note (avoir)."),
    )
    lot = serializers.IntegerField(source="run_id")
    regie = serializers.IntegerField(source="run.cash_office_id")
    famille = serializers.IntegerField(source="household_id")
    payeur = serializers.CharField(source="payer_name", help_text=_("Tel que la facture le nomme."))
    rue = serializers.CharField(source="street")
    code_postal = serializers.CharField(source="postal_code")
    ville = serializers.CharField(source="city")
    libelle = serializers.CharField(source="label")
    emise_le = serializers.DateTimeField(source="issued_at")
    echeance = serializers.DateField(source="due_date")
    total = euros(help_text=_("En euros ; négatif pour un avoir."))
    regle = euros(source="paid")
    reste = euros(source="left")


class Settled(Written):
    """How much of a payment goes to an invoice."""

    called = "Imputation"
    facture = serializers.CharField(source="invoice.number")
    montant = euros(source="amount")


class OnePayment(Written):
    """A payment, or the one that reverses it, with what it settles."""

    called = "Reglement"
    sample = {
        "id": 78,
        "quittance": "Q-2026-000123",
        "famille": 12,
        "regie": 1,
        "montant": "50.70",
        "moyen": "cheque",
        "recu_le": "2026-12-05T10:12:00+01:00",
        "jour": "2026-12-05",
        "annule": None,
        "imputations": [{"facture": "2026-011-000056", "montant": "50.70"}],
    }
    id = serializers.IntegerField()
    quittance = serializers.CharField(source="number")
    famille = serializers.IntegerField(source="household_id")
    regie = serializers.IntegerField(source="cash_office_id")
    montant = euros(source="amount", help_text=_("En euros ; négatif quand il en annule un autre."))
    moyen = serializers.ChoiceField(
        source="means",
        choices=Payment.Means.values,
        help_text=_("cash (espèces), cheque, cesu, transfer (virement), payfip_card ou payfip_debit."),
    )
    recu_le = serializers.DateTimeField(source="received_at")
    jour = serializers.DateField(source="day", help_text=_("Celui de la caisse."))
    annule = serializers.CharField(
        source="reversed_number", allow_null=True, help_text=_("La quittance que celle-ci annule ; null d'ordinaire.")
    )
    imputations = Settled(source="settled", many=True, help_text=_("Le reste du montant est un avoir de la famille."))


class InvoiceFilters(PageFilters):
    """What narrows the invoices."""

    famille = KeyParameter(required=False, help_text=_("De cette famille."))
    lot = KeyParameter(required=False, help_text=_("De ce lot."))
    depuis = InstantParameter(required=False, help_text=_("Émises depuis cet instant."))


class PaymentFilters(PageFilters):
    """What narrows the payments."""

    famille = KeyParameter(required=False, help_text=_("De cette famille."))
    regie = KeyParameter(required=False, help_text=_("De cette régie."))
    du = DayField(required=False, help_text=_("À partir de ce jour."))
    au = DayField(required=False, help_text=_("Jusqu'à ce jour compris."))


class Invoices(ListView):
    """The invoices that families may see."""

    right = READ_ACCOUNTS
    item = OneInvoice
    filters = InvoiceFilters
    lookups = {"famille": "household", "lot": "run", "depuis": "issued_at__gte"}

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Any]:
        rows: QuerySet[Any] = desk.published().select_related("run")
        return rows

    @extend_schema(
        operation_id="lister_les_factures",
        tags=[TAG],
        summary=_("Les factures"),
        description=_("Les factures et les avoirs publiés, avec ce qui est réglé et ce qui reste à payer."),
        responses=page(OneInvoice),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()


class Payments(ListView):
    """The payments received."""

    right = READ_ACCOUNTS
    item = OnePayment
    filters = PaymentFilters
    lookups = {"famille": "household", "regie": "cash_office", "du": "day__gte", "au": "day__lte"}

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Payment]:
        return Payment.objects.select_related("reverses").prefetch_related("allocations__invoice")

    def written(self, rows: Sequence[Payment]) -> Sequence[Any]:
        for row in rows:
            row.reversed_number = row.reverses.number if row.reverses else None  # type: ignore[attr-defined]
            row.settled = list(row.allocations.all())  # type: ignore[attr-defined]
        return rows

    @extend_schema(
        operation_id="lister_les_reglements",
        tags=[TAG],
        summary=_("Les règlements"),
        description=_(
            "L'argent reçu, par tous les moyens, et les factures qu'il règle. Une erreur y est annulée par "
            "un règlement contraire : rien n'est jamais modifié."
        ),
        responses=page(OnePayment),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page()
