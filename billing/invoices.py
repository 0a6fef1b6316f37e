"""What a family reads of its invoices: those published, with what is left and where each stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Concat
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing import desk
from billing.models import Invoice, PaymentAttempt, Reminder, ReminderLevel
from billing.rules import numbers
from lps.families.models import Household


@dataclass(frozen=True, slots=True)
class Standing:
    """An invoice as its family sees it; `tone` is the badge's."""

    invoice: Any
    words: str | Promise
    tone: str


def cancellation_label(number: str) -> str:
    """What the credit note that cancels an invoice whole is called: it names that one."""
    return gettext("Annulation %(number)s") % {"number": number}


def of_family(household: Household) -> QuerySet[Invoice]:
    """The invoices published to a household, the latest first: `paid`, `left`, `handed_over`, `is_announced`, and
    `canceled_by`, the number of the credit note that canceled it whole.
    """
    last = ReminderLevel.objects.aggregate(last=Max("rank"))["last"]
    reminded = Reminder.objects.filter(invoice=OuterRef("pk"), rank=last)
    told = PaymentAttempt.objects.filter(invoice=OuterRef("pk"), state=PaymentAttempt.State.ANNOUNCED)
    rows: Any = desk.published().filter(household=household)
    named = Concat(Value(cancellation_label("")), OuterRef("number"), output_field=CharField())
    notes = Invoice.objects.filter(household=household, kind=Invoice.Kind.CREDIT_NOTE, label=named)
    canceled_by = Subquery(notes.filter(run__published_at__isnull=False).order_by("pk").values("number")[:1])
    rows = rows.annotate(handed_over=Exists(reminded), is_announced=Exists(told), canceled_by=canceled_by)
    found: QuerySet[Invoice] = rows.select_related("run__cash_office").order_by("-year", "-rank")
    return found


def of_family_numbered(household: Household, number: str) -> Any | None:
    """One of them by its number, with its lines; None for any other, and for what is no number."""
    try:
        wanted = str(numbers.parse(number))
    except ValueError:
        return None
    return of_family(household).filter(number=wanted).prefetch_related("lines").first()


def corrected_by(found: Sequence[Invoice]) -> dict[int, list[str]]:
    """By the key of each of these invoices of one run, the numbers of those that it corrects; none for a month's own.

    One statement.
    """
    corrected = found[0].run.corrects_id
    if corrected is None:
        return {one.pk: [] for one in found}
    before = Invoice.objects.filter(household__in=[one.household_id for one in found])
    rows = before.filter(Q(run=corrected) | Q(run__corrects=corrected)).exclude(kind=Invoice.Kind.CREDIT_NOTE)
    known = list(rows.order_by("year", "rank").values_list("pk", "household", "number"))
    return {one.pk: _corrected(one, known) for one in found}


def _corrected(one: Invoice, known: Sequence[tuple[int, int, str]]) -> list[str]:
    before = [number for pk, home, number in known if home == one.household_id and pk < one.pk]
    # One that cancels an invoice names it: it gives back that one alone.
    return [number for number in before if number in one.label] or before


def standing(invoice: Any) -> Standing:
    """Where it stands, in the family's words."""
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        return Standing(invoice, _("avoir"), "")
    if invoice.canceled_by:
        return Standing(invoice, _("annulée"), "")
    if invoice.left <= 0:
        return Standing(invoice, _("payée"), "ok")
    if invoice.is_announced:
        return Standing(invoice, _("paiement annoncé, à confirmer"), "wait")
    if invoice.handed_over:
        return Standing(invoice, _("en recouvrement"), "bad")
    if invoice.paid > 0:
        return Standing(invoice, _("partiellement payée"), "wait")
    return Standing(invoice, _("à payer"), "wait")


def owed(household: Household, *, day: date) -> tuple[Decimal, bool]:
    """What is left of all, and whether something of it is past its due date."""
    found: Any = of_family(household).exclude(kind=Invoice.Kind.CREDIT_NOTE)
    told = found.filter(left__gt=0).order_by().aggregate(owed=Sum("left"), earliest=Min("due_date"))
    return told["owed"] or Decimal(0), told["earliest"] is not None and told["earliest"] < day
