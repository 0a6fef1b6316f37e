"""The PDF of invoices: drawn once, kept in the storage, never drawn again."""

import hashlib
import logging
import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import QuerySet

from billing import papers
from billing.models import Invoice, InvoiceDocument
from billing.services.retention import KEPT_YEARS
from lps.kernel import clock
from tenants import context

AT_ONCE = 200
log = logging.getLogger(__name__)


def document_of(invoice: Invoice) -> InvoiceDocument:
    """The PDF of an invoice; drawn now if nobody has drawn it yet: some tenths of a second.

    Two who draw it at once keep the first one.
    """
    kept = InvoiceDocument.objects.filter(invoice=invoice).first()
    return kept or _keep(invoice, papers.invoice(invoice))


def content_of(invoice: Invoice) -> bytes:
    """The bytes of an invoice's PDF; one that the storage has lost is drawn again, and its loss is logged."""
    document = document_of(invoice)
    if not default_storage.exists(document.path):
        log.error("the PDF of invoice %s is no longer in the storage: drawn again", invoice.pk)
        document.delete()
        document = document_of(invoice)
    with default_storage.open(document.path) as kept:
        return bytes(kept.read())


def draw_missing(*, limit: int = AT_ONCE) -> int:
    """Draw the PDF of published invoices that have none, the oldest first; how many.

    A worker killed on its way has kept what it had drawn: the next one goes on.
    """
    drawn = 0
    for invoice in missing()[:limit]:
        document_of(invoice)
        drawn += 1
    return drawn


def missing() -> QuerySet[Invoice]:
    """Published invoices without PDF, but those whose names were taken away at the end of their term."""
    first_year = clock.today(context.current().zone).year - KEPT_YEARS
    rows = Invoice.objects.filter(run__published_at__isnull=False, document__isnull=True, year__gte=first_year)
    return rows.select_related("run__cash_office").order_by("pk")


def _keep(invoice: Invoice, content: bytes) -> InvoiceDocument:
    path = default_storage.save(f"invoices/{uuid.uuid4().hex}.pdf", ContentFile(content))
    facts = {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "made_at": clock.now()}
    document, is_first = InvoiceDocument.objects.get_or_create(invoice=invoice, defaults=facts)
    if not is_first:
        default_storage.delete(path)
    return document
