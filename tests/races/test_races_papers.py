"""Two worker processes draw a run's PDFs and one is killed on its way: each is drawn once, none is missing."""

import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from billing.models import Invoice, InvoiceDocument
from billing.services import documents, runs
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.kernel import clock
from tests.billing import factories
from tests.live import ROOT, Copy
from tests.races.crowd import PROCESS_SECONDS
from tests.zone import PARIS

BY = Actor.system("essai")
NUMBER = 12
# Says when it is ready, waits for a word, then draws until nothing is missing. `dies` names the step after which it is
# killed, in the hand of its second invoice; what it draws is written down beforehand.
DRAW = """
import os, signal, sys, django; django.setup()
from billing import papers
from billing.services import documents
from tenants import context, queries
import weasyprint
dies, told = {dies!r}, open({told!r}, "a")
drawing, drawn = papers.invoice, []
def write_down(invoice):
    content = drawing(invoice)
    drawn.append(invoice.pk)
    print(invoice.pk, file=told, flush=True)
    return content
papers.invoice = write_down
def killed_after(module, step):
    last = getattr(module, step)
    def act(*args, **rest):
        done = last(*args, **rest)
        if len(drawn) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    setattr(module, step, act)
if dies:
    killed_after(papers if dies == "invoice" else documents, dies)
print("ready", flush=True)
sys.stdin.readline()
with context.use(queries.commune_by_slug(slug="buchelay")):
    while documents.missing().exists():
        documents.draw_missing(limit=3)
"""


def published() -> list[int]:
    """The invoices of families of the town, just published."""
    now = clock.now()
    run = factories.run(state="checked", version=1, computed_at=now)
    for home in Household.objects.order_by("pk")[:NUMBER]:
        run.drafts.create(household=home, payer_name=home.name, total="3.50", line_count=0)
    issued = runs.validate(run=factories.priced(run), version=1, by=BY, at=now, today=clock.today(PARIS))
    runs.publish(run=issued, by=BY, at=now, today=clock.today(PARIS), tell=False)
    return list(Invoice.objects.filter(run=run).order_by("pk").values_list("pk", flat=True))


def worker(copy: Copy, told: Path, *, dies: str = "") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", DRAW.format(dies=dies, told=str(told))]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=copy.environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def files() -> set[str]:
    """The invoices kept: other tests leave some."""
    with suppress(FileNotFoundError):
        return {f"invoices/{name}" for name in default_storage.listdir("invoices")[1]}
    return set()


@pytest.mark.parametrize("dies", ["invoice", "_keep", "_draw"], ids=["drawn", "saved", "committed"])
def test_of_two_workers_one_is_killed_and_every_document_is_there_once(copy: Copy, tmp_path: Path, dies: str) -> None:
    with copy.inside("buchelay"):
        keys = published()
        before = files()
        connection.close()
        told = {name: tmp_path / name for name in ("victim", "other")}

        with worker(copy, told["victim"], dies=dies) as victim, worker(copy, told["other"]) as other:
            for one in (victim, other):
                assert one.stdout and one.stdout.readline() == "ready\n"
            for one in (victim, other):
                assert one.stdin
                one.stdin.write("go\n")
                one.stdin.flush()
            codes = [one.wait(timeout=PROCESS_SECONDS) for one in (victim, other)]

        assert codes == [-signal.SIGKILL, 0]
        made = InvoiceDocument.objects.filter(invoice__in=keys)
        assert sorted(made.values_list("invoice", flat=True)) == keys
        drawn = Counter(int(line) for path in told.values() for line in path.read_text().split())
        again = {key for key, times in drawn.items() if times > 1}
        assert len(again & set(keys)) == (0 if dies == "_draw" else 1)  # what was in the dead one's hands
        assert all(documents.content_of(one).startswith(b"%PDF") for one in Invoice.objects.filter(pk__in=keys))
        paths = set(made.values_list("path", flat=True))
        assert paths <= files() <= before | paths
