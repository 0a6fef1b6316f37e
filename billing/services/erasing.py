"""What billing holds of a family that is erased: what it owes prevents it, accounting pieces stay for their term."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count

from billing.balances import with_left
from billing.models import Adjustment, DraftInvoice, HouseholdTerms, Invoice, PaymentAttempt, Quotient
from billing.services import quotient_imports, quotient_proofs
from billing.services.quotients import forget_documents
from lps.families.erasers import Erased
from lps.journal.actors import Actor


def obstacles(erased: Erased) -> Mapping[int, int]:
    """Invoices still to be paid, by household."""
    rows: Any = with_left(Invoice.objects.filter(household__in=erased.households))
    unpaid = rows.filter(left__gt=0).exclude(kind=Invoice.Kind.CREDIT_NOTE).order_by().values_list("household")
    return dict(unpaid.annotate(number=Count("pk")))


def erase(erased: Erased, *, by: Actor, at: datetime) -> None:
    """Quotients, terms, drafts, lines to come and the tickets' addresses go; names on invoices stay their term."""
    quotients = Quotient.objects.filter(household__in=erased.households)
    forget_documents(quotients)
    quotients.delete()
    quotient_proofs.forget_households(erased.households)
    quotient_imports.forget_households(erased.households)
    HouseholdTerms.objects.filter(household__in=erased.households).delete()
    DraftInvoice.objects.filter(household__in=erased.households).delete()
    Adjustment.objects.filter(household__in=erased.households, run__isnull=True).delete()
    PaymentAttempt.objects.filter(invoice__household__in=erased.households).update(email="")
