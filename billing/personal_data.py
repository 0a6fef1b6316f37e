"""What billing adds to a family's own data: its quotients, invoices, payments, tries online, reminders."""

from billing import desk, online, reminders
from billing.models import InvoiceLine, PaymentAttempt, Quotient, QuotientProof
from lps.families.models import Household
from lps.families.personal_data import Part, Row
from tenants import keys


def quotients_part(household: Household) -> list[Row]:
    """Its quotients familiaux, with their proofs."""
    return [
        {
            "quotient familial": row.value,
            "à partir du": row.valid_during.lower,
            "jusqu'au (exclu)": row.valid_during.upper,
            "justificatif": row.proof,
            "noté le": row.noted_at,
        }
        for row in Quotient.objects.filter(household=household).order_by("valid_during")
    ]


def proofs_part(household: Household) -> list[Row]:
    """What it sent to prove its quotient, with the town's answers."""
    return [
        {
            "document": row.get_kind_display(),
            "envoyé le": row.sent_at,
            "état": row.get_state_display(),
            "réponse": row.answer,
            "examiné le": row.answered_at,
        }
        for row in QuotientProof.objects.filter(household=household).order_by("sent_at", "pk")
    ]


def invoices_part(household: Household) -> list[Row]:
    """Every invoice and credit note published, with its lines."""
    invoices = list(desk.published().filter(household=household).order_by("year", "rank"))
    lines: dict[int, list[Row]] = {}
    for line in InvoiceLine.objects.filter(invoice__in=invoices).order_by("invoice", "position"):
        written = {"enfant": line.child_name, "libellé": line.label, "quantité": line.quantity, "montant": line.amount}
        lines.setdefault(line.invoice_id, []).append(written)
    return [
        {
            "numéro": row.number,
            "nature": row.get_kind_display(),
            "libellé": row.label,
            "payeur": row.payer_name,
            "émise le": row.issued_at,
            "échéance": row.due_date,
            "total": row.total,
            "reste à payer": row.left,
            "lignes": lines.get(row.pk, []),
        }
        for row in invoices
    ]


def payments_part(household: Household) -> list[Row]:
    """Every payment, with what it settled."""
    return [
        {
            "quittance": row.number,
            "reçu le": row.received_at,
            "moyen": row.get_means_display(),
            "montant": row.amount,
            "banque": row.cheque_bank,
            "numéro de chèque": row.cheque_number,
            "annule": row.reverses.number if row.reverses else "",
            "motif": row.reason,
            "factures réglées": [
                {"facture": one.invoice.number, "montant": one.amount} for one in row.allocations.all()
            ],
        }
        for row in desk.payments_of(household)
    ]


def online_part(household: Household) -> list[Row]:
    """Every payment that it tried online, and the address it gave for the ticket."""
    rows = PaymentAttempt.objects.filter(invoice__household=household).select_related("invoice").order_by("pk")
    return [
        {
            "ticket": row.ticket,
            "facture": row.invoice.number,
            "montant": row.amount,
            "état": row.get_state_display(),
            "commencé le": row.opened_at,
            "payé le": row.paid_at,
            "N° auto": row.authorization,
            "courriel du ticket": keys.decrypt(row.email, purpose=online.EMAIL_PURPOSE) if row.email else "",
        }
        for row in rows
    ]


def reminders_part(household: Household) -> list[Row]:
    """The reminders that it had."""
    return [
        {
            "facture": row.invoice.number,
            "niveau": row.rank,
            "envoi": row.get_way_display(),
            "reste à payer alors": row.left,
            "envoyée le": row.sent_at,
        }
        for row in reminders.of_household(household)
    ]


OWN: dict[str, Part] = {
    "Quotients familiaux": quotients_part,
    "Justificatifs de quotient": proofs_part,
    "Factures": invoices_part,
    "Règlements": payments_part,
    "Paiements en ligne": online_part,
    "Relances": reminders_part,
}
