"""How long names stay on accounting pieces: ten whole years after their own, then amounts alone."""

from datetime import date, datetime, timedelta

from django.core.files.storage import default_storage
from django.db.models import Q

from billing.models import (
    BillingRun,
    Invoice,
    InvoiceDocument,
    InvoiceLine,
    Payment,
    PaymentAttempt,
    Quotient,
    ReminderSending,
    RunWork,
    TreasuryFile,
    TreasuryLine,
)
from billing.services import quotient_imports, quotient_proofs
from billing.services.quotients import DOCUMENT_KEPT, forget_documents
from lps.families.services.erasing import FAMILY_WORD
from lps.journal.operations import purging
from lps.journal.retention import report

KEPT_YEARS = 10
LETTERS_KEPT = timedelta(days=365)
FILES_KEPT = timedelta(days=60)
# A run's papers put together: printed within days, and put together again at will.
BUNDLES_KEPT = timedelta(days=90)
# Of one given up half made, nothing is used: asked again, it is made anew.
FAILED_BUNDLES_KEPT = timedelta(days=7)


def apply_terms(*, today: date, now: datetime) -> None:
    """Take names off what is past its term, and tell the journal how much. Twice takes nothing more."""
    limit = today.year - KEPT_YEARS
    invoices = Invoice.objects.filter(year__lt=limit).exclude(payer_name=FAMILY_WORD)
    documents = InvoiceDocument.objects.filter(invoice__year__lt=limit)
    letters = ReminderSending.objects.filter(sent_at__lt=now - LETTERS_KEPT).exclude(path="")
    quotients = Quotient.objects.filter(valid_during__endswith__lt=today - DOCUMENT_KEPT)
    told = TreasuryFile.objects.filter(last_day__year__lt=limit)
    given_up = Q(state=RunWork.State.FAILED, finished_at__lt=now - FAILED_BUNDLES_KEPT)
    bundles = RunWork.objects.exclude(files=[]).filter(Q(finished_at__lt=now - BUNDLES_KEPT) | given_up)
    files = [one["path"] for held in bundles.values_list("files", flat=True) for one in held if one["path"]]
    files += [path for rows in (documents, letters, told) for path in rows.values_list("path", flat=True)]
    with purging():
        purged = {
            "invoice_lines": InvoiceLine.objects.filter(invoice__year__lt=limit)
            .exclude(child_name="", child=None)
            .update(child_name="", child=None),
            "reasons": BillingRun.objects.filter(year__lt=limit).exclude(reason="").update(reason=""),
            "invoices": invoices.update(payer_name=FAMILY_WORD, street="", postal_code="", city="", qf=None),
            "payments": Payment.objects.filter(year__lt=limit)
            .exclude(cheque_bank="", cheque_number="", reference="", reason="")
            .update(cheque_bank="", cheque_number="", reference="", reason=""),
            "attempts": PaymentAttempt.objects.filter(invoice__year__lt=limit).exclude(email="").update(email=""),
            "invoice_documents": documents.delete()[0],
            "treasury_lines": TreasuryLine.objects.filter(file__last_day__year__lt=limit).delete()[0],
            "treasury_files": told.delete()[0],
            "run_bundles": bundles.delete()[0],
            "reminder_letters": letters.update(path=""),
            "quotient_documents": forget_documents(quotients),
            "quotient_proofs": quotient_proofs.forget(now=now),
            "quotient_imports": quotient_imports.forget(before=now - FILES_KEPT),
        }
        report(purged, at=now)
    for name in files:
        default_storage.delete(name)
