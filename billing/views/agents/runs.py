"""Billing runs: opening one, computing it, looking at its points, validating, publishing."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import runs_page as page
from billing.forms.runs import REFUSED, RunForm
from billing.models import BillingRun, CashOffice, DraftInvoice, RunWork
from billing.rights import READ_RUNS, RUN_BILLING
from billing.services import basis, bundles, documents, work
from billing.services import runs as services
from billing.services.held import RunRefused, is_busy
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.ui import saying
from tenants import context

PER_PAGE, PER_PAGE_OF_LINES = 50, 20
State = BillingRun.State
SAID = {
    "calcule": _("Le lot est calculé. Regardez les points à vérifier, puis les factures."),
    "differences": _("Voici les différences. Rien n'est encore demandé ni rendu : vérifiez-les, puis validez."),
    "verifie": _("Le lot est vérifié. Vous pouvez le valider."),
    "valide": _("Les factures sont numérotées. Les familles les verront à la publication."),
    "publie": _("Les factures sont publiées. Les familles qui ont une adresse e-mail sont prévenues."),
    "clos": _("Le lot est clos."),
    "abandonne": _("Le lot est abandonné. Rien n'a été facturé."),
    **REFUSED,
}


@require_safe
@agent_required(READ_RUNS)
def runs(request: DoorRequest) -> HttpResponse:
    """All runs, the latest first."""
    _agent(request)
    facts = {
        "page": Paginator(page.runs(), PER_PAGE).get_page(request.GET.get("page")),
        "may_run": allowed(request.actor, RUN_BILLING),
        "has_office": CashOffice.objects.exists(),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/runs.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(RUN_BILLING)
def new(request: DoorRequest) -> HttpResponse:
    """Open a run: last month, unless the agent says otherwise."""
    actor, today = _agent(request), _today(request)
    first, last = page.last_month(today)
    office = CashOffice.objects.filter(is_default=True).first()
    limit_day = office.online_limit_day if office else 10
    limit = services.online_until(today, limit_day=limit_day, zone=context.current().zone)
    form = RunForm(
        request.POST if request.method == "POST" else None,
        today=today,
        initial={
            "cash_office": office,
            "first_day": first,
            "last_day": last,
            "label": page.month_label(first),
            "due_date": services.last_day_online(limit),
        },
    )
    if form.is_valid():
        try:
            run = services.open_run(**form.cleaned_data, by=actor, at=request.received_at)
            work.ask(run=run, kind=RunWork.Kind.COMPUTE, by=actor)
            return saying.done(_path(run), "calcule")
        except RunRefused as error:
            form.add_error("first_day", str(REFUSED[error.code]))
    return render(request, "billing/office/run_form.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
@agent_required(READ_RUNS)
def run(request: DoorRequest, run_id: int) -> HttpResponse:
    """One run: where it is, what to look at, its invoices to be or made."""
    found = run_or_404(request, run_id)
    asked = request.GET.get("q", "").replace("\0", "").strip()[:100]
    is_draft = found.state in (State.DRAFT, State.CHECKED)
    shows_lines = is_draft and found.kind == BillingRun.Kind.CORRECTION
    works = page.works_of(found)
    under_way, failed = page.progress(works), page.failure(found, works)
    drawn, all_papers = documents.progress(found) if found.published_at else (0, 0)
    undrawable = documents.undrawable(found) if found.published_at else []
    unpaid = not is_draft and "reste" in request.GET
    rows: Any = page.drafts_of(found, asked) if is_draft else page.invoices_of(found, asked, unpaid=unpaid)
    if shows_lines:
        rows = rows.prefetch_related("lines")
    totals = page.totals(found)
    facts = {
        "run": found,
        "steps": _steps(found),
        "is_draft": is_draft,
        "shows_lines": shows_lines,
        "totals": totals,
        "is_empty": is_draft and found.computed_at is not None and not (totals["invoices"] or totals["credits"]),
        "points": page.points(found) if is_draft else [],
        "page": Paginator(rows, PER_PAGE_OF_LINES if shows_lines else PER_PAGE).get_page(request.GET.get("page")),
        "q": asked,
        "unpaid": unpaid,
        "query": urlencode({**({"q": asked} if asked else {}), **({"reste": "1"} if unpaid else {})}),
        "may_run": allowed(request.actor, RUN_BILLING),
        "to_post": bundles.to_post(found).count() if all_papers else None,
        "last_online": _last_online(found),
        "under_way": under_way,
        "failed": failed,
        "papers": (drawn, all_papers),
        "waits": under_way is not None or drawn + len(undrawable) < all_papers,
        "undrawable": undrawable,
        "said": "" if under_way or failed else saying.said(request, SAID),
    }
    return render(request, "billing/office/run.html", facts)


@require_safe
@agent_required(READ_RUNS)
def draft(request: DoorRequest, run_id: int, draft_id: int) -> HttpResponse:
    """One invoice to be, with its lines and their days."""
    found = run_or_404(request, run_id)
    one = get_object_or_404(DraftInvoice.objects.prefetch_related("lines"), pk=draft_id, run=found)
    return render(request, "billing/office/draft.html", {"run": found, "invoice": one, "lines": one.lines.all()})


@require_POST
@agent_required(RUN_BILLING)
def compute(request: DoorRequest, run_id: int) -> HttpResponse:
    """Have a worker throw the drafts away and make them again."""
    found, actor = run_or_404(request, run_id), _agent(request)
    return _done(found, "calcule", lambda: work.ask(run=found, kind=RunWork.Kind.COMPUTE, by=actor))


@require_POST
@agent_required(RUN_BILLING)
def check(request: DoorRequest, run_id: int) -> HttpResponse:
    """Say that this computation was looked at."""
    found, actor = run_or_404(request, run_id), _agent(request)
    facts: dict[str, Any] = {"version": _version(request), "by": actor, "at": request.received_at}
    return _done(found, "verifie", lambda: services.check(run=found, **facts))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(RUN_BILLING)
def validate(request: DoorRequest, run_id: int) -> HttpResponse:
    """What validating will do; a POST numbers the invoices."""
    found, actor = run_or_404(request, run_id), _agent(request)
    if request.method == "POST":
        facts: dict[str, Any] = {"version": _version(request), "at": request.received_at, "today": _today(request)}
        return _done(found, "valide", lambda: services.validate(run=found, by=actor, **facts))
    if found.state != State.CHECKED:
        return saying.done(_path(found), "state")
    if not basis.is_current(found):
        return saying.done(_path(found), "prices")
    return render(request, "billing/office/run_validate.html", {"run": found, "totals": page.totals(found)})


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(RUN_BILLING)
def publish(request: DoorRequest, run_id: int) -> HttpResponse:
    """What publishing will do, and until when one may pay online; a POST has a worker publish."""
    found, actor = run_or_404(request, run_id), _agent(request)
    if request.method == "POST":
        return _done(found, "publie", lambda: work.ask(run=found, kind=RunWork.Kind.PUBLISH, by=actor))
    if found.state != State.VALIDATED:
        return saying.done(_path(found), "state")
    if is_busy(found):
        return saying.done(_path(found), "busy")
    until = services.online_until(
        _today(request), limit_day=found.cash_office.online_limit_day, zone=context.current().zone
    )
    facts = {"run": found, "totals": page.totals(found), "last_online": services.last_day_online(until)}
    return render(request, "billing/office/run_publish.html", {**facts, **page.reach(found)})


@require_POST
@agent_required(RUN_BILLING)
def close(request: DoorRequest, run_id: int) -> HttpResponse:
    """File a published run away."""
    found, actor = run_or_404(request, run_id), _agent(request)
    return _done(found, "clos", lambda: services.close(run=found, by=actor, at=request.received_at))


@require_POST
@agent_required(RUN_BILLING)
def discard(request: DoorRequest, run_id: int) -> HttpResponse:
    """Throw a draft run away."""
    found, actor = run_or_404(request, run_id), _agent(request)
    try:
        services.discard(run=found, by=actor, at=request.received_at)
    except RunRefused as error:
        return saying.done(_path(found), error.code)
    return saying.done(reverse("billing_office:runs"), "abandonne")


def _done(run: BillingRun, word: str, act: Callable[[], object]) -> HttpResponse:
    """Act, then back to the run, which says what was done or why nothing was."""
    try:
        act()
    except RunRefused as error:
        return saying.done(_path(run), error.code)
    return saying.done(_path(run), word)


def _steps(run: BillingRun) -> list[tuple[str, str]]:
    """The five steps, each done, current or to come."""
    at = page.STEPS.index(State(run.state))
    return [
        (step.label.capitalize(), "done" if rank < at else "current" if rank == at else "")
        for rank, step in enumerate(page.STEPS)
    ]


def _last_online(found: BillingRun) -> date | None:
    """The last day on which its invoices are paid online, on the commune's calendar."""
    until = found.online_until
    return services.last_day_online(until.astimezone(context.current().zone)) if until else None


def run_or_404(request: DoorRequest, run_id: int) -> BillingRun:
    """The run, for an agent of all families."""
    _agent(request)
    found = BillingRun.objects.select_related("cash_office", "corrects").filter(pk=run_id).first()
    if found is None:
        raise Http404
    return found


def _agent(request: DoorRequest) -> Agent:
    """The agent, unless kept to some schools or activities: a run is about all families."""
    assert isinstance(request.actor, Agent)
    if request.actor.sites or request.actor.activities:
        raise PermissionDenied
    return request.actor


def _version(request: DoorRequest) -> int:
    sent = request.POST.get("version", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 9 else 0


def _today(request: DoorRequest) -> date:
    return request.received_at.astimezone(context.current().zone).date()


def _path(run: BillingRun) -> str:
    return reverse("billing_office:run", args=[run.pk])
