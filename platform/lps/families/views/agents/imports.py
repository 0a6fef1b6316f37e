"""Importing families: sending a file, reading its preview, saying where its columns are, accepting it.

A file may hold every school's families: an agent kept to some does not open these pages.
"""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from lps.families import words
from lps.families.importing import reading, sample
from lps.families.importing import template as template_file
from lps.families.importing.columns import COLUMNS
from lps.families.importing.reading import FileRefused
from lps.families.models import ImportBatch
from lps.families.queries.imports import imports_received
from lps.families.queries.school import school_year_for
from lps.families.rights import IMPORT_FAMILIES
from lps.families.services import imports as services
from lps.families.services.imports import NoSchoolYear
from lps.journal.actors import Actor
from lps.kernel import clock
from lps.kernel.spreadsheet import XLSX_TYPE
from lps.ui import downloads
from tenants import context


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(IMPORT_FAMILIES)
def imports(request: DoorRequest) -> HttpResponse:
    """The files received, and the form that sends one."""
    refused = ""
    if request.method == "POST":
        sent = request.FILES.get("fichier")
        if sent is None:
            refused = _("Choisissez un fichier.")
        elif (sent.size or 0) > reading.MAX_BYTES:
            refused = str(words.REFUSED["too_heavy"])
        else:
            try:
                batch = services.receive(content=sent.read(), file_name=sent.name or "", by=_actor(request))
                return HttpResponseRedirect(reverse("families_office:import", args=[batch.pk]))
            except FileRefused as error:
                refused = str(words.REFUSED[error.refusal.code])
            except NoSchoolYear:
                refused = str(words.REFUSED["no_school_year"])
    facts = {"batches": imports_received(), "refused": refused}
    return render(request, "families/office/imports.html", facts, status=400 if refused else 200)


@require_safe
@whole_town_required(IMPORT_FAMILIES)
def template(request: DoorRequest) -> HttpResponse:
    """The documented template, with an example line."""
    response = HttpResponse(template_file.as_xlsx(), content_type=XLSX_TYPE)
    return downloads.saved(response, name="modele-familles.xlsx")


@require_safe
@whole_town_required(IMPORT_FAMILIES)
def example(request: DoorRequest) -> HttpResponse:
    """A school of five classes, filled in for the year of today: what a file looks like, and something to try."""
    today = clock.today(context.current().zone)
    year = school_year_for(today)
    first_year = year.during.lower.year if year else today.year
    response = HttpResponse(template_file.as_xlsx(sample.rows(first_year)), content_type=XLSX_TYPE)
    return downloads.saved(response, name="exemple-ecole.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(IMPORT_FAMILIES)
def preview(request: DoorRequest, batch_id: int) -> HttpResponse:
    """What the file would do, each wrong line with its reason; a POST says where the columns are."""
    batch = get_object_or_404(ImportBatch, pk=batch_id)
    if request.method == "POST" and batch.state == ImportBatch.State.READ:
        services.map_columns(batch=batch, mapped=_mapped(request, len(batch.report["head"])))
        return HttpResponseRedirect(request.path)
    return render(request, "families/office/import.html", {"batch": batch, **_shown(batch)})


@require_POST
@whole_town_required(IMPORT_FAMILIES)
def accept(request: DoorRequest, batch_id: int) -> HttpResponse:
    """Ask a worker to write it; accepting twice does nothing more."""
    batch = get_object_or_404(ImportBatch, pk=batch_id)
    services.accept(batch=batch, by=_actor(request))
    return HttpResponseRedirect(reverse("families_office:import", args=[batch.pk]))


def _actor(request: DoorRequest) -> Actor:
    assert request.actor is not None
    return request.actor


def _mapped(request: DoorRequest, width: int) -> dict[str, int]:
    """Where each known column is said to stand; what is none of the file's columns is left out."""
    given = ((column.key, request.POST.get(column.key, "")) for column in COLUMNS)
    places = {key: int(place) for key, place in given if place.isascii() and place.isdigit() and len(place) < 4}
    return {key: place for key, place in places.items() if place < width}


def _shown(batch: ImportBatch) -> dict[str, Any]:
    report = batch.report
    head = list(enumerate(report.get("head", ())))
    return {
        "head": head,
        "columns": [(column, batch.columns.get(column.key)) for column in COLUMNS],
        "wrong": [(wrong["line"], wrong["column"], words.WRONG[wrong["code"]]) for wrong in report.get("wrong", ())],
        "counts": report.get("counts"),
        "refused": words.REFUSED.get(report.get("refused", "")),
        "waits": batch.state in (ImportBatch.State.ACCEPTED, ImportBatch.State.WRITING),
        "step": services.progress(batch) if batch.state == ImportBatch.State.WRITING else 0,
        "steps": services.STEPS,
    }
