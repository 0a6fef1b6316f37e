"""Correct what was issued: chosen days of chosen families, by credit notes and complementary invoices."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from billing.forms.runs import REFUSED, CorrectionForm
from billing.models import BillingRun, RunWork
from billing.rights import RUN_BILLING
from billing.services import corrections, runs, work
from billing.services.held import RunRefused
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families import search
from lps.families.queries.households import household_names
from lps.families.queries.payers import PayerRow, payers
from lps.families.views.agents.frame import agent_of
from lps.ui import saying
from tenants import context

MOST = 200
State = BillingRun.State


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(RUN_BILLING)
def correct(request: DoorRequest, run_id: int) -> HttpResponse:
    """Choose families and days of an issued run; a POST computes the differences, which the run's page shows."""
    actor, run = _agent(request), _origin_or_404(run_id)
    if run.state in (State.DRAFT, State.CHECKED):
        return saying.done(reverse("billing_office:run", args=[run.pk]), "state")
    sent = request.POST if request.method == "POST" else request.GET
    chosen = _chosen(sent)
    today = request.received_at.astimezone(context.current().zone).date()
    facts: dict[str, Any] = {"today": today, "days": (run.first_day, run.last_day), "chosen": chosen}
    if request.method != "POST" or request.POST.get("etape") == "chercher":
        asked = request.POST.get("q", "").replace("\0", "").strip()[:200]
        form = CorrectionForm(initial=_begun(run, sent, today), **facts)
        return _page(request, run, form, chosen=chosen, asked=asked)
    form = CorrectionForm(request.POST, **facts)
    if not form.is_valid():
        return _page(request, run, form, chosen=chosen, status=400)
    try:
        made = _prepare(run, form, chosen, request, actor, today)
    except RunRefused as error:
        return _page(request, run, form, chosen=chosen, outcome=str(REFUSED[error.code]))
    return saying.done(reverse("billing_office:run", args=[made.pk]), "differences")


def _prepare(
    run: BillingRun, form: CorrectionForm, chosen: Sequence[int], request: DoorRequest, actor: Agent, today: date
) -> BillingRun:
    given = form.cleaned_data
    facts: dict[str, Any] = {name: given[name] for name in ("label", "reason", "due_date")}
    facts |= {"of": run, "days": (given["first_day"], given["last_day"]), "by": actor, "at": request.received_at}
    if given["who"] == "chosen":
        return corrections.prepare(**facts, households=chosen, today=today)
    made = runs.open_correction(**facts)  # of all families: a worker says on its page when there is nothing to correct
    work.ask(run=made, kind=RunWork.Kind.COMPUTE, by=actor)
    return made


def _page(
    request: DoorRequest,
    run: BillingRun,
    form: CorrectionForm,
    *,
    chosen: Sequence[int],
    asked: str = "",
    outcome: str = "",
    status: int = 200,
) -> HttpResponse:
    """The families that are chosen, then those just found, each to be ticked."""
    found = search.find(asked, day=form.today, sites=agent_of(request).sites, by_contact=False) if asked else []
    facts = {
        "run": run,
        "form": form,
        "families": _described([*chosen, *(one.household_id for one in found)], ticked=set(chosen)),
        "q": asked,
        "is_missed": bool(asked) and not found,
        "outcome": outcome,
    }
    return render(request, "billing/office/run_correct.html", facts, status=status)


def _described(keys: Sequence[int], *, ticked: Collection[int]) -> list[tuple[int, str, str, bool]]:
    """Each family once, in this order: its key, its name, who pays for which children, whether it is ticked.

    Raises Http404 for a family that does not exist.
    """
    names = household_names(set(keys))
    with transaction.atomic():
        rows = {row.household_id: row for row in payers(sorted(set(keys)))} if keys else {}
    if set(keys) - names.keys():
        raise Http404
    return [(key, names[key], _payer(rows.get(key)), key in ticked) for key in dict.fromkeys(keys)]


def _payer(row: PayerRow | None) -> str:
    if row is None:
        return ""
    return ", ".join(filter(None, (row.payer, *dict.fromkeys(child.first_name for child in row.children))))


def _begun(run: BillingRun, sent: QueryDict, today: date) -> dict[str, Any]:
    """What the form begins with: all the days of the run, then what was typed before a search."""
    limit = runs.online_until(today, limit_day=run.cash_office.online_limit_day, zone=context.current().zone)
    known = {
        "who": "chosen",
        "first_day": run.first_day,
        "last_day": run.last_day,
        "label": _("Correction %(label)s") % {"label": run.label[:40]},
        "due_date": runs.last_day_online(limit),
    }
    typed = {name: sent[name][:200] for name in (*known, "reason") if name in sent}
    return {**known, **typed}


def _chosen(sent: QueryDict) -> list[int]:
    """The families that the form ticks, or that the address names. Raises Http404 for what is no key."""
    asked = list(dict.fromkeys(sent.getlist("famille")))
    if len(asked) > MOST or not all(key.isascii() and key.isdigit() and len(key) < 10 for key in asked):
        raise Http404
    return [int(key) for key in asked]


def _origin_or_404(run_id: int) -> BillingRun:
    """The month's run of that key, or the one that a run of corrections mends."""
    found = BillingRun.objects.select_related("cash_office", "corrects__cash_office").filter(pk=run_id).first()
    if found is None:
        raise Http404
    return found.origin


def _agent(request: DoorRequest) -> Agent:
    """The agent, unless kept to some schools or activities: a run is about all families."""
    actor = agent_of(request)
    if actor.sites or actor.activities:
        raise PermissionDenied
    return actor
