"""What communes used, month by month, as a table for the vendor's own invoices."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple
from datetime import date

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.console import using
from lps.console.rights import READ_USAGE
from lps.console.views.communes import operator_of, rendered
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel.spreadsheet import CSV_TYPE, file
from lps.ui import downloads


@require_safe
@operator_required(READ_USAGE)
def usage(request: DoorRequest) -> HttpResponse:
    """The months that can be taken away, the present one first."""
    today = timezone.localdate(request.received_at)
    months = [using.month_before(today, back) for back in range(using.MONTHS)]
    return rendered(request, "console/usage.html", {"months": months})


@require_safe
@operator_required(READ_USAGE)
def table(request: DoorRequest, year: int, month: int) -> HttpResponseBase:
    """One line a commune; taking it away is itself written."""
    if not (2000 <= year <= 2199 and 1 <= month <= 12):
        raise Http404
    first_day = date(year, month, 1)
    written = file(_lines(first_day))
    after = {"month": f"{first_day:%m/%Y}"}
    record(by=operator_of(request), channel=Channel.WEB, action="usage_exported", subject="usage", after=after)
    return downloads.saved(FileResponse(written, content_type=CSV_TYPE), name=f"usage-{first_day:%Y-%m}.csv")


def _lines(first_day: date) -> Iterator[Sequence[object]]:
    yield (
        _("Commune"),
        _("Nom dans l'adresse"),
        _("SIRET"),
        _("État"),
        _("Mois"),
        _("Familles"),
        _("Enfants"),
        _("Réservations"),
        _("Factures"),
        _("Messages"),
        _("SMS"),
        _("Appels"),
        _("Remarque"),
    )
    for commune, one in using.usage(first_day=first_day):
        who = (commune.header_name, commune.slug, commune.siret, commune.get_state_display(), f"{first_day:%m/%Y}")
        if one is None:
            yield (*who, *[""] * 7, _("schéma en retard : chiffres illisibles"))
        else:
            yield (
                *who,
                *astuple(one),
                "",
            )
