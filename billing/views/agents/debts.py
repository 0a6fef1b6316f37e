"""The debts of a run, for the town's finance software."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing import debts
from billing.models import BillingRun
from billing.rights import READ_RUNS
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families.views.agents.frame import agent_of
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import spreadsheet
from lps.ui import downloads

_DRAFTS = (BillingRun.State.DRAFT, BillingRun.State.CHECKED)


@require_safe
@agent_required(READ_RUNS)
def as_csv(request: DoorRequest, run_id: int) -> HttpResponseBase:
    """As CSV, never whole in memory."""
    run = _run_or_404(request, run_id)
    if run.state in _DRAFTS:
        return redirect("billing_office:run", run_id)
    with transaction.atomic():  # which a cursor on the server wants
        kept = spreadsheet.file(debts.table(run))
    return _told(request, run, FileResponse(kept, content_type=spreadsheet.CSV_TYPE), "csv")


@require_safe
@agent_required(READ_RUNS)
def as_xlsx(request: DoorRequest, run_id: int) -> HttpResponseBase:
    """As XLSX."""
    run = _run_or_404(request, run_id)
    if run.state in _DRAFTS:
        return redirect("billing_office:run", run_id)
    content = spreadsheet.workbook(debts.table(run), title=_("Créances"))
    return _told(request, run, HttpResponse(content, content_type=spreadsheet.XLSX_TYPE), "xlsx")


def _run_or_404(request: DoorRequest, run_id: int) -> BillingRun:
    """The run; agents kept to some schools or activities take no list of all families away."""
    actor = agent_of(request)
    if actor.sites or actor.activities:
        raise PermissionDenied
    found = BillingRun.objects.select_related("cash_office").filter(pk=run_id).first()
    if found is None:
        raise Http404
    return found


def _told(request: DoorRequest, run: BillingRun, response: HttpResponseBase, form: str) -> HttpResponseBase:
    """The file under its name; who took it is written down."""
    after = {"label": run.label, "form": form}
    actor = agent_of(request)
    record(by=actor, channel=Channel.OFFICE, action="run_exported", subject=f"billing_run:{run.pk}", after=after)
    return downloads.saved(response, name=f"creances-{run.year}-{run.number:03d}.{form}")
