"""A run's papers put together: the PDFs of all in ZIP files, and what the town prints for those it cannot write to.

A worker makes one file a turn and goes on with the next one: one that dies has kept the files before.
"""

import tempfile
import uuid
import zipfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet

from billing import papers
from billing.message_kinds import INVOICE
from billing.models import BillingRun, Invoice, RunWork
from billing.services import documents
from billing.services.held import UNFINISHED, RunRefused
from billing.wakeup import BUNDLES
from lps.families.recipients import reached
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from tenants.long_work import LongWork, Made
from tenants.wakeup import wake_after_commit

Kind = RunWork.Kind
State = RunWork.State
# Invoices of one file: a printer's morning, and what a worker holds in memory; an archive that a desk computer opens.
OF_ONE = {Kind.LETTERS: 100, Kind.ARCHIVE: 1000}
SUFFIX = {Kind.LETTERS: "pdf", Kind.ARCHIVE: "zip"}


def ask(*, run: BillingRun, kind: Kind, by: Actor) -> bool:
    """Have a worker put a published run's papers together, anew if they were before; False while it does.

    Raises `RunRefused("state")` for a run whose families read nothing yet, or whose names are past their term.
    """
    if run.published_at is None or not documents.progress(run)[1]:
        raise RunRefused("state")
    if run.works.filter(kind=kind, state__in=UNFINISHED).exists():  # else who asks would wait for its worker's file
        return False
    with transaction.atomic():
        work, is_new = RunWork.objects.select_for_update(of=("self",), no_key=True).get_or_create(
            run=run, kind=kind, defaults=_fresh(by)
        )
        if not is_new and not work.is_over:
            return False
        old = paths(work)
        RunWork.objects.filter(pk=work.pk).update(**_fresh(by))
        after = {"label": run.label, "form": SUFFIX[kind]}
        record(by=by, channel=Channel.OFFICE, action="run_papers_asked", subject=f"billing_run:{run.pk}", after=after)
        transaction.on_commit(lambda: _delete(old))
        wake_after_commit(BUNDLES)
    return True


def to_post(run: BillingRun) -> QuerySet[Invoice]:
    """The invoices of the families whom nobody writes to about them, by number: four statements to find the families.

    They proved no e-mail address, or want no message about invoices.
    """
    homes = set(run.invoices.order_by().values_list("household", flat=True))
    return run.invoices.filter(household__in=homes - reached(homes, INVOICE)).order_by("rank")


def make_asked() -> int:
    """Make the next file of each bundle that waits; returns how many were made."""
    return WORK.work_asked()


def _begin(work: RunWork) -> dict[str, Any]:
    """Its invoices are chosen the first time."""
    if work.state != State.ASKED:
        return {}
    files = _planned(work)
    return {"files": files, "total": sum(told["count"] for told in files)}


def _make(work: RunWork) -> Made:
    """One file: the first that is not made."""
    told = next((told for told in work.files if not told["path"]), None)
    if told is None:  # nobody to post to
        return Made({})
    told["path"] = _made(Kind(work.kind), told["invoices"])
    more = not all(told["path"] for told in work.files)
    if more:
        wake_after_commit(BUNDLES)  # between two files, other tasks have their turn
    return Made({"files": work.files}, more=more)


WORK = LongWork(
    name="run_work", rows=RunWork.objects.filter(kind__in=OF_ONE).select_related("run"), do=_make, begin=_begin
)


def _planned(work: RunWork) -> list[dict[str, Any]]:
    """Which invoices go into which file, chosen once: who proves an address meanwhile changes nothing."""
    rows = to_post(work.run) if work.kind == Kind.LETTERS else work.run.invoices.order_by("rank")
    keys, size = list(rows.values_list("pk", flat=True)), OF_ONE[Kind(work.kind)]
    parts = [keys[start : start + size] for start in range(0, len(keys), size)]
    return [{"path": "", "invoices": part, "count": len(part)} for part in parts]


def _made(kind: Kind, keys: Sequence[int]) -> str:
    """The file of these invoices, saved; its name in the storage."""
    invoices = list(Invoice.objects.filter(pk__in=keys).select_related("run__cash_office", "document").order_by("rank"))
    with tempfile.TemporaryFile() as made:
        if kind == Kind.LETTERS:
            made.write(papers.invoices(invoices))
        else:
            _archive(invoices, made)
        made.seek(0)
        return str(default_storage.save(f"runs/{uuid.uuid4().hex}.{SUFFIX[kind]}", File(made)))


def _archive(invoices: Sequence[Invoice], made: IO[bytes]) -> None:
    """Each PDF under the invoice's number; they are compressed already."""
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for invoice in invoices:
            archive.writestr(f"{invoice.number}.pdf", _pdf(invoice))


def _pdf(invoice: Invoice) -> bytes:
    """As it is kept; drawn now when nobody drew it yet, or when the storage has lost it."""
    if hasattr(invoice, "document"):
        with suppress(FileNotFoundError), default_storage.open(invoice.document.path) as kept:
            return bytes(kept.read())
    return documents.content_of(invoice)


def _fresh(by: Actor) -> dict[str, Any]:
    who = {"asked_at": clock.now(), "asked_by": by.label, "asked_key": by.reference}
    return {"state": State.ASKED, "tries": 0, "total": 0, "failure": "", "files": [], "finished_at": None, **who}


def paths(work: RunWork) -> list[str]:
    """Its files in the storage."""
    return [told["path"] for told in work.files if told["path"]]


def _delete(names: Collection[str]) -> None:
    for path in names:
        default_storage.delete(path)
