"""The whole of a commune as one file: asked for, followed, downloaded. What operators and agents share is here too."""

from typing import IO, Any

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.console import archive_words, exporting
from lps.console.exporting import ExportRefused
from lps.console.forms.exports import ExportForm
from lps.console.rights import EXPORT
from lps.console.views.communes import commune_or_404, operator_of, rendered
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.ui import downloads, saying
from tenants import context
from tenants.models import Commune, Export

SAID = {"demande": _("L'export est demandé : un programme le prépare, cette page suit son avancement.")}


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(EXPORT)
def exports(request: DoorRequest, slug: str) -> HttpResponse:
    """The last exports of a commune, and the form that asks for one."""
    found = commune_or_404(slug)
    form = ExportForm(request.POST if request.method == "POST" else None)
    if asked(form, found, by=operator_of(request), channel=Channel.WEB):
        return saying.done(reverse("console:exports", args=[found.slug]), "demande")
    facts = {"commune": found, **shown(found, form)}
    facts["said"] = said(request, under_way=facts["under_way"] is not None)
    return rendered(request, "console/exports.html", facts, status=400 if form.errors else 200)


@require_safe
@operator_required(EXPORT)
def archive(request: DoorRequest, slug: str, export_id: int) -> HttpResponseBase:
    """One of them, to keep."""
    return sent(commune_or_404(slug), export_id, by=operator_of(request), channel=Channel.WEB)


def asked(form: ExportForm, commune: Commune, *, by: Actor, channel: Channel) -> bool:
    """Ask for an export if the form is right; else the form says why."""
    if not form.is_valid():
        return False
    try:
        exporting.ask(commune=commune, passphrase=form.cleaned_data["passphrase"], by=by, channel=channel)
    except ExportRefused as refused:
        form.add_error(None, str(archive_words.REFUSED[refused.refusal.code]))
        return False
    return True


def shown(commune: Commune, form: ExportForm) -> dict[str, Any]:
    """What both pages show: the list, how far the one under way is, how long archives are kept."""
    found = exporting.of_commune(commune)
    under_way = next((one for one in found if one.state in exporting.UNFINISHED), None)
    done, total = exporting.progress(under_way) if under_way else (0, 0)
    return {
        "form": form,
        "exports": found,
        "under_way": under_way,
        "done": done,
        "total": total,
        "kept_days": exporting.KEPT.days,
    }


def said(request: DoorRequest, *, under_way: bool) -> str:
    """That an export is asked for, as long as none is ready."""
    return saying.said(request, SAID, over=() if under_way else ("demande",))


def sent(commune: Commune, export_id: int, *, by: Actor, channel: Channel) -> HttpResponseBase:
    """The archive as a download; 404 when it is not this commune's, not ready, or gone."""
    try:
        with context.public():
            export = Export.objects.get(pk=export_id, commune=commune)
        kept: IO[bytes] = exporting.taken(export, commune=commune, by=by, channel=channel)
    except Export.DoesNotExist as error:
        raise Http404 from error
    response = FileResponse(kept, content_type="application/zip")
    name = f"{commune.slug}-{export.asked_at.astimezone(commune.zone):%Y-%m-%d-%H%M}.zip"
    response.headers["Content-Length"] = str(export.size)
    # It is compressed already: pressing it again would only take time.
    response.headers["Content-Encoding"] = "identity"
    return downloads.saved(response, name=name)
