"""Quotients from a file: the list to fill in, the file sent, its preview, what accepting and undoing did."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import quotient_files
from billing import quotient_words as words
from billing.forms.offices import QuotientFileForm
from billing.models import QuotientImport
from billing.rights import READ_QUOTIENTS, SET_QUOTIENTS
from billing.services import quotient_imports as services
from billing.services.quotient_imports import ImportRefused
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families.importing import reading
from lps.families.importing.reading import FileRefused
from lps.families.views.agents.frame import agent_of_all
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from lps.ui import downloads, saying
from tenants import context

PER_PAGE = 50
SAID = {
    "ecrit": _l("Les quotients sont enregistrés : ils servent dès le prochain calcul."),
    "relu": _l("Le fichier est relu avec ces colonnes."),
    "annule": _l("L'import est annulé : les quotients d'avant sont remis."),
}


@require_safe
@agent_required(READ_QUOTIENTS)
def as_csv(request: DoorRequest) -> HttpResponse:
    """Every family and its quotient of today, as CSV."""
    actor = agent_of_all(request)
    return downloads.csv(_taken(actor, "csv"), name=_file_name())


@require_safe
@agent_required(READ_QUOTIENTS)
def as_xlsx(request: DoorRequest) -> HttpResponse:
    """The same, as XLSX."""
    actor = agent_of_all(request)
    return downloads.xlsx(_taken(actor, "xlsx"), name=_file_name(), title=_("Quotients"))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_QUOTIENTS)
def imports(request: DoorRequest) -> HttpResponse:
    """The files received, and the form that sends one."""
    actor, today = agent_of_all(request), _today()
    if request.method != "POST":
        return _list(request, QuotientFileForm(initial={"since": today.replace(day=1)}))
    form = QuotientFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=400)
    sent = form.cleaned_data["file"]
    try:
        if sent.size > reading.MAX_BYTES:  # before any of it is read
            raise FileRefused(Refusal("too_heavy"))
        batch = services.receive(
            content=sent.read(),
            file_name=sent.name,
            since=form.cleaned_data["since"],
            last_day=form.cleaned_data["last_day"],
            by=actor,
            at=clock.now(),
            today=today,
        )
    except FileRefused as error:
        form.add_error("file", words.refusal(error.refusal))
        return _list(request, form, status=400)
    return HttpResponseRedirect(_path(batch))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_QUOTIENTS)
def preview(request: DoorRequest, batch_id: int) -> HttpResponse:
    """What the file would do, each wrong line with its reason; a POST says where the columns are."""
    agent_of_all(request)
    batch = get_object_or_404(QuotientImport, pk=batch_id)
    if request.method == "POST":
        mapped = _mapped(request, len(batch.report.get("head", ())))
        services.map_columns(batch=batch, mapped=mapped, today=_today())
        return saying.done(_path(batch), "relu")
    return _show(request, batch)


@require_POST
@agent_required(SET_QUOTIENTS)
def accept(request: DoorRequest, batch_id: int) -> HttpResponse:
    """Write it, without its wrong lines."""
    actor = agent_of_all(request)
    batch = get_object_or_404(QuotientImport, pk=batch_id)
    try:
        services.accept(batch=batch, by=actor, at=clock.now(), today=_today())
    except ImportRefused as error:
        batch.refresh_from_db()
        return _show(request, batch, refused=words.refusal(error.refusal), status=400)
    return saying.done(_path(batch), "ecrit")


@require_POST
@agent_required(SET_QUOTIENTS)
def undo(request: DoorRequest, batch_id: int) -> HttpResponse:
    """Put back the quotients of before."""
    actor = agent_of_all(request)
    batch = get_object_or_404(QuotientImport, pk=batch_id)
    try:
        services.undo(batch=batch, by=actor, at=clock.now())
    except ImportRefused as error:
        batch.refresh_from_db()
        return _show(request, batch, refused=words.refusal(error.refusal), status=400)
    return saying.done(_path(batch), "annule")


def _list(request: DoorRequest, form: QuotientFileForm, *, status: int = 200) -> HttpResponse:
    page = Paginator(QuotientImport.objects.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "billing/office/quotient_imports.html", {"form": form, "page": page}, status=status)


def _show(request: DoorRequest, batch: QuotientImport, *, refused: str = "", status: int = 200) -> HttpResponse:
    report = batch.report
    facts: dict[str, Any] = {
        "batch": batch,
        "report": report,
        "changes": [_written(one) for one in report.get("changes", ())],
        "wrong": words.wrong(report.get("wrong", [])),
        "head": list(enumerate(report.get("head", ()))),
        "columns": [(column, batch.columns.get(column.key)) for column in quotient_files.COLUMNS],
        "refused": refused,
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/quotient_import.html", facts, status=status)


def _written(change: Mapping[str, str]) -> dict[str, Any]:
    """A change as the page writes it: amounts and days in French."""
    return {
        **change,
        "former": Decimal(change["former"]) if change["former"] else None,
        "value": Decimal(change["value"]),
        "since": date.fromisoformat(change["since"]),
        "last_day": date.fromisoformat(change["last_day"]) if change["last_day"] else None,
    }


def _mapped(request: DoorRequest, width: int) -> dict[str, int]:
    """Where each known column is said to stand; what is none of the file's columns is left out."""
    given = ((column.key, request.POST.get(column.key, "")) for column in quotient_files.COLUMNS)
    places = {key: int(place) for key, place in given if place.isascii() and place.isdigit() and len(place) < 4}
    return {key: place for key, place in places.items() if place < width}


def _taken(actor: Agent, form: str) -> list[Any]:
    """The lines; who took them away is written down."""
    rows = list(quotient_files.table(_today()))
    after = {"form": form, "lines": len(rows) - 1}
    record(by=actor, channel=Channel.OFFICE, action="quotients_exported", subject="families", after=after)
    return rows


def _file_name() -> str:
    return f"quotients-{_today():%Y-%m-%d}"


def _path(batch: QuotientImport) -> str:
    return reverse("billing_office:quotient_import", args=[batch.pk])


def _today() -> date:
    return clock.today(context.current().zone)
