"""What a town charges, what it asked of families, what it received.

Written once, the database refuses to change them: `Invoice`, `InvoiceLine`, `Payment`, `Allocation`, `AttemptAnswer`,
`IncidentNote`, `TreasuryFile`, `TreasuryLine`.
A balance is computed and never stored. Amounts are euros, two places.
"""

from billing.models.invoices import (
    Adjustment,
    BillingRun,
    DraftInvoice,
    DraftLine,
    Invoice,
    InvoiceCounter,
    InvoiceDocument,
    InvoiceLine,
)
from billing.models.offices import BillingSettings, CashOffice
from billing.models.online import AttemptAnswer, IncidentNote, PaymentAttempt
from billing.models.payments import Allocation, Payment, ReceiptCounter, Remittance, RemittedCheque, TillDay
from billing.models.proofs import QuotientImport, QuotientProof
from billing.models.reconciliation import TreasuryFile, TreasuryLine
from billing.models.reminders import Reminder, ReminderLevel, ReminderSending
from billing.models.tariffs import HouseholdTerms, Quotient, Tariff, TariffPrice
from billing.models.work import RunWork

__all__ = [
    "Adjustment",
    "Allocation",
    "AttemptAnswer",
    "BillingRun",
    "BillingSettings",
    "CashOffice",
    "DraftInvoice",
    "DraftLine",
    "HouseholdTerms",
    "IncidentNote",
    "Invoice",
    "InvoiceCounter",
    "InvoiceDocument",
    "InvoiceLine",
    "Payment",
    "PaymentAttempt",
    "Quotient",
    "QuotientImport",
    "QuotientProof",
    "ReceiptCounter",
    "Reminder",
    "ReminderLevel",
    "ReminderSending",
    "Remittance",
    "RemittedCheque",
    "RunWork",
    "Tariff",
    "TariffPrice",
    "TillDay",
    "TreasuryFile",
    "TreasuryLine",
]
