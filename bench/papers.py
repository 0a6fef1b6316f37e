"""The PDFs of a published run: one against bare WeasyPrint on the same HTML, two processes against one."""

import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.template.loader import render_to_string

from bench.figures import Figure, milliseconds
from billing import papers
from billing.models import CashOffice, Invoice, InvoiceDocument
from billing.services import computing, documents, runs
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.kernel import clock
from lps.ui import pdf
from tenants import context
from tenants.queries import commune_by_slug
from tenants.town import queries as town

SLUG = "buchelay"
INVOICES, OF_A_TURN = 60, 12
SPAN = timedelta(days=27)
AT_MOST, AT_LEAST = 1.2, 1.6
BY = Actor.system("banc")


def measure() -> list[Figure]:
    """Drawn beside the bare ones, a turn of each after the other; then all by one process, and by two."""
    with context.use(commune_by_slug(slug=SLUG)):
        invoices = _published()
        documents.document_of(invoices.pop())  # WeasyPrint and its fonts take seconds to load
        turns = [invoices[start : start + OF_A_TURN] for start in range(0, len(invoices), OF_A_TURN)]
        ours, floor = zip(*(_turn(turn) for turn in turns if len(turn) == OF_A_TURN), strict=True)
        one, two = _drawn_by(1, invoices), _drawn_by(2, invoices)
    return [
        Figure(
            name=f"{OF_A_TURN} invoices drawn and kept / bare WeasyPrint",
            unit="ms",
            ours=milliseconds(ours),
            floor=milliseconds(floor),
            at_most=AT_MOST,
        ),
        Figure(
            name=f"{len(invoices)} invoices by two processes / by one, a second",
            unit="/s",
            ours=len(invoices) / two,
            floor=len(invoices) / one,
            at_least=AT_LEAST,
        ),
    ]


def _published() -> list[Invoice]:
    """A month of some families of the demonstration, of which nobody drew anything yet; all others are drawn."""
    documents.draw_missing(limit=INVOICES)
    today, now = clock.today(context.current().zone), clock.now()
    office = CashOffice.objects.order_by("-is_default", "pk")[0]
    first = today + timedelta(days=1)
    run = runs.open_run(
        cash_office=office, label="BANC", first_day=first, last_day=first + SPAN, due_date=first, by=BY, at=now
    )
    run.households = list(Household.objects.order_by("pk").values_list("pk", flat=True)[: INVOICES + 1])
    run.save(update_fields=("households",))
    run = computing.compute(run=run, today=today, at=now, by=BY)
    run = runs.check(run=run, version=run.version, by=BY, at=now)
    run = runs.validate(run=run, version=run.version, by=BY, at=now, today=today)
    runs.publish(run=run, by=BY, at=now, today=today, tell=False)
    return list(Invoice.objects.filter(run=run).select_related("run__cash_office").order_by("pk"))


def _turn(invoices: Sequence[Invoice]) -> tuple[float, float]:
    """As a worker draws them, then the same HTML with nothing around."""
    started = time.perf_counter()
    for invoice in invoices:
        documents.document_of(invoice)
    ours = time.perf_counter() - started
    logo = town.logo()
    own = papers._look(logo)
    pages = [render_to_string("billing/invoice_paper.html", facts) for facts in papers._invoice_facts(invoices, logo)]
    return ours, _bare(pages, own)


def _bare(pages: Sequence[str], own: Any) -> float:
    from weasyprint import HTML

    started = time.perf_counter()
    for html in pages:
        page = HTML(string=html, url_fetcher=pdf._fetcher()(own), base_url=pdf.SCHEME)
        page.write_pdf(pdf_variant=pdf.VARIANT)
    return time.perf_counter() - started


def _drawn_by(processes: int, invoices: Sequence[Invoice]) -> float:
    """The seconds that so many processes, started beforehand, take to draw them all anew."""
    keys = [invoice.pk for invoice in invoices]
    InvoiceDocument.objects.filter(invoice__in=keys).delete()
    code = "import django; django.setup(); from bench.papers import alone; alone()"
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _rank in range(processes)
    ]
    for one in started:
        assert one.stdout and one.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for one in started:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in started:
        one.communicate()
    seconds = time.perf_counter() - began
    assert all(one.returncode == 0 for one in started)
    assert InvoiceDocument.objects.filter(invoice__in=keys).count() == len(keys)
    return seconds


def alone() -> None:
    """In a process of its own: once told, draw until nothing is missing."""
    with context.use(commune_by_slug(slug=SLUG)):
        papers.invoice(Invoice.objects.select_related("run__cash_office").order_by("pk")[0])
        print("ready", flush=True)
        sys.stdin.readline()
        while documents.draw_missing():
            pass
