"""Taking all families away, in the very template that an import reads."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.importing import template
from lps.families.importing.exporting import as_csv
from lps.families.rights import EXPORT_FAMILIES, PRINT_CODES
from lps.families.services import exports as services
from lps.families.views.agents.frame import agent_of
from lps.kernel import clock
from lps.kernel.spreadsheet import CSV_TYPE, XLSX_TYPE
from lps.ui import downloads
from tenants import context


@require_safe
@agent_required(EXPORT_FAMILIES)
def export(request: DoorRequest) -> HttpResponse:
    """What may be taken away, and how."""
    facts = {"may_print": allowed(request.actor, PRINT_CODES), "kept": bool(agent_of(request).sites)}
    return render(request, "families/office/export.html", facts)


@require_safe
@agent_required(EXPORT_FAMILIES)
def csv_file(request: DoorRequest) -> HttpResponse:
    """The lines as CSV."""
    return _file(as_csv(_lines(request, "csv")), CSV_TYPE, "csv")


@require_safe
@agent_required(EXPORT_FAMILIES)
def xlsx_file(request: DoorRequest) -> HttpResponse:
    """The lines as XLSX, with the sheet that explains the columns."""
    return _file(template.as_xlsx(_lines(request, "xlsx")), XLSX_TYPE, "xlsx")


def _lines(request: DoorRequest, form: str) -> list[dict[str, str]]:
    """Codes come along when they are asked for by somebody who may print them."""
    agent = agent_of(request)
    with_codes = "codes" in request.GET and allowed(agent, PRINT_CODES)
    return services.export(form=form, sites=agent.sites, with_codes=with_codes, by=agent)


def _file(content: str | bytes, kind: str, form: str) -> HttpResponse:
    name = f"familles-{clock.today(context.current().zone):%Y-%m-%d}.{form}"
    return downloads.saved(HttpResponse(content, content_type=kind), name=name)
