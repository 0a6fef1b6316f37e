"""A run's papers: how many families are to be written to by post, and the files that a worker puts together."""

from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from billing import runs_page as page
from billing.models import BillingRun, RunWork
from billing.rights import RUN_BILLING
from billing.services import bundles as services
from billing.services import documents
from billing.services.held import RunRefused
from billing.views.agents.runs import run_or_404
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families.views.agents.frame import agent_of
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.ui import downloads, saying

KINDS = {"a-poster": RunWork.Kind.LETTERS, "archive": RunWork.Kind.ARCHIVE}
TYPES = {RunWork.Kind.LETTERS: "application/pdf", RunWork.Kind.ARCHIVE: "application/zip"}
NAMES = {RunWork.Kind.LETTERS: "a-poster", RunWork.Kind.ARCHIVE: "factures"}
SAID = {
    "prepare": _("Les fichiers sont prêts : téléchargez-les ci-dessous."),
    "state": _("Publiez d'abord ce lot : ses papiers se préparent ensuite."),
}


@require_safe
@agent_required(RUN_BILLING)
def papers(request: DoorRequest, run_id: int) -> HttpResponse:
    """How many invoices go by post, how many PDFs there are, and the files made of them."""
    run = run_or_404(request, run_id)
    works = {one.kind: one for one in page.works_of(run)}
    drawn, of_all = documents.progress(run) if run.published_at else (0, 0)
    letters = _shown(works.get(RunWork.Kind.LETTERS))
    archive = _shown(works.get(RunWork.Kind.ARCHIVE))
    waits = letters["waits"] or archive["waits"]
    facts = {
        "run": run,
        "to_post": services.to_post(run).count() if of_all else 0,
        "drawn": drawn,
        "of_all": of_all,
        "letters": letters,
        "archive": archive,
        "waits": waits,
        "said": "" if waits or letters["failed"] or archive["failed"] else saying.said(request, SAID),
    }
    return render(request, "billing/office/run_papers.html", facts)


@require_POST
@agent_required(RUN_BILLING)
def make(request: DoorRequest, run_id: int, kind: str) -> HttpResponse:
    """Have a worker put them together."""
    run = run_or_404(request, run_id)
    where = reverse("billing_office:run_papers", args=[run.pk])
    try:
        services.ask(run=run, kind=_kind_or_404(kind), by=agent_of(request))
    except RunRefused as error:
        return saying.done(where, error.code)
    return saying.done(where, "prepare")


@require_safe
@agent_required(RUN_BILLING)
def file(request: DoorRequest, run_id: int, kind: str, rank: int) -> HttpResponseBase:
    """One of the files. Who took it is written down: it names many families."""
    run, wanted = run_or_404(request, run_id), _kind_or_404(kind)
    work = RunWork.objects.filter(run=run, kind=wanted).first()
    if work is None or rank >= len(work.files) or not work.files[rank]["path"]:
        raise Http404
    try:
        kept = default_storage.open(work.files[rank]["path"])
    except FileNotFoundError:
        raise Http404 from None
    after = {"label": run.label, "form": f"{NAMES[wanted]}.{services.SUFFIX[wanted]}"}
    record(
        by=agent_of(request),
        channel=Channel.OFFICE,
        action="run_exported",
        subject=f"billing_run:{run.pk}",
        after=after,
    )
    return downloads.saved(FileResponse(kept, content_type=TYPES[wanted]), name=_name(run, wanted, rank))


def _name(run: BillingRun, kind: RunWork.Kind, rank: int) -> str:
    return f"{NAMES[kind]}-{run.year}-{run.number:03d}-{rank + 1}.{services.SUFFIX[kind]}"


def _shown(work: RunWork | None) -> dict[str, Any]:
    """What the page tells of a bundle: the invoices of each file, and how far its worker is."""
    if work is None:
        return {"waits": False, "failed": "", "files": [], "done": 0, "total": 0, "made_at": None}
    counts = [told["count"] for told in work.files if told["path"]]
    starts = [sum(counts[:rank]) for rank in range(len(counts))]
    return {
        "waits": not work.is_over,
        "failed": page.FAILED[work.failure] if work.failure else "",
        "files": [(rank, starts[rank] + 1, starts[rank] + count) for rank, count in enumerate(counts)],
        "done": sum(counts),
        "total": work.total,
        "made_at": work.finished_at,
    }


def _kind_or_404(kind: str) -> RunWork.Kind:
    if kind not in KINDS:
        raise Http404
    return KINDS[kind]
