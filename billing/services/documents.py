"""The PDF of invoices: drawn once, kept in the storage, never drawn again."""

import hashlib
import logging

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, QuerySet

from billing import papers
from billing.models import BillingRun, Invoice, InvoiceDocument
from billing.services.retention import KEPT_YEARS
from billing.wakeup import INVOICES
from lps.kernel import clock
from tenants import context
from tenants.wakeup import wake_after_commit

AT_ONCE = 15  # some seconds: what agents wait for has its turn in between
TRIES = 3
FAILURES_KEPT = 3600  # seconds
_FAILURES = "invoices:undrawn"
log = logging.getLogger(__name__)


def document_of(invoice: Invoice) -> InvoiceDocument:
    """The PDF of an invoice; drawn now if nobody has drawn it yet: some tenths of a second.

    Of two who draw it at once, the second one waits and finds the first one's.
    """
    kept = InvoiceDocument.objects.filter(invoice=invoice)
    if found := kept.first():
        return found
    with transaction.atomic():
        Invoice.objects.select_for_update(of=("self",), no_key=True).get(pk=invoice.pk)
        return kept.first() or _keep(invoice, papers.invoice(invoice))


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

    Workers share them: each passes over what another one draws. A worker killed on its way has kept what it had drawn:
    the next one goes on. An invoice that cannot be drawn raises, and is passed over once it did so `TRIES` times.
    """
    waiting = missing().exclude(pk__in=[pk for pk, tries in _failures().items() if tries >= TRIES])
    keys = list(waiting.values_list("pk", flat=True)[:limit])
    drawn = sum(_draw(pk) for pk in keys)
    if len(keys) == limit:
        wake_after_commit(INVOICES)  # between two turns, other tasks have theirs
    return drawn


def progress(run: BillingRun) -> tuple[int, int]:
    """How many PDFs of a run are drawn, and of how many invoices: one statement. None of a run past its term."""
    if (run.year or 0) < _first_year():
        return 0, 0
    found = run.invoices.aggregate(drawn=Count("document"), all=Count("pk"))
    return found["drawn"], found["all"]


def undrawable(run: BillingRun) -> list[str]:
    """The numbers of the invoices of a run that cannot be drawn, tried again in an hour."""
    given_up = [pk for pk, tries in _failures().items() if tries >= TRIES]
    rows = run.invoices.filter(pk__in=given_up, document__isnull=True).order_by("rank") if given_up else ()
    return [invoice.number for invoice in rows]


def missing() -> QuerySet[Invoice]:
    """Published invoices without PDF, but those whose names were taken away at the end of their term."""
    rows = Invoice.objects.filter(run__published_at__isnull=False, document__isnull=True, year__gte=_first_year())
    return rows.select_related("run__cash_office").order_by("pk")


def _first_year() -> int:
    """The first year whose invoices still bear names."""
    return clock.today(context.current().zone).year - KEPT_YEARS


def _draw(pk: int) -> bool:
    """Draw one invoice, held so that no other worker draws it too; False when one does, or did."""
    try:
        with transaction.atomic():
            held = Invoice.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
            invoice = held.select_related("run__cash_office").filter(pk=pk, document__isnull=True).first()
            if invoice is not None:
                document_of(invoice)
    except Exception:  # counted, and it goes on to the logs; the others are drawn by the next turn
        cache.set(_FAILURES, {**_failures(), pk: _failures().get(pk, 0) + 1}, timeout=FAILURES_KEPT)
        wake_after_commit(INVOICES)
        raise
    return invoice is not None


def _failures() -> dict[int, int]:
    """How many times invoices failed of late, by their keys. A cache that forgets them has them tried again."""
    return dict(cache.get(_FAILURES) or {})


def _keep(invoice: Invoice, content: bytes) -> InvoiceDocument:
    """One name an invoice: what a worker killed before its commit left in the storage is written over."""
    path = default_storage.save(f"invoices/{invoice.pk}.pdf", ContentFile(content))
    return InvoiceDocument.objects.create(
        invoice=invoice, path=path, sha256=hashlib.sha256(content).hexdigest(), made_at=clock.now()
    )
