"""Erasing a commune: what goes and what the town must keep, typed confirmation, a delay, then the certificate."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.console import erasing, figures
from lps.console.erasing import ErasureRefused
from lps.console.forms.erasures import REFUSED, ErasureForm
from lps.console.models import Erasure
from lps.console.rights import ENTER, ERASE
from lps.console.views.communes import commune_or_404, operator_of, rendered
from lps.kernel import clock
from lps.ui import downloads, pdf, saying
from tenants import context
from tenants.models import Commune, CommuneState

PER_PAGE = 25
SAID: saying.Sentences = {
    "prevu": _("L'effacement est prévu. Jusqu'à ce jour, vous pouvez l'annuler ici."),
    "annule": _("L'effacement est annulé : la commune reste fermée, avec tout ce qu'elle contient."),
    "trop-tard": saying.Refusal(_("L'effacement a commencé : il ne peut plus être annulé.")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(ERASE)
def plan(request: DoorRequest, slug: str) -> HttpResponse:
    """What will go, what the law wants kept, and the form that has it erased after the delay."""
    found = commune_or_404(slug)
    form = ErasureForm(request.POST if request.method == "POST" else None, slug=found.slug)
    if form.is_valid():
        try:
            made = erasing.plan(commune=found, reason=form.cleaned_data["reason"], by=operator_of(request))
        except ErasureRefused as refused:
            form.add_error(None, str(REFUSED[refused.refusal.code]))
        else:
            return saying.done(reverse("console:erasure", args=[made.pk]), "prevu")
    return rendered(request, "console/erase.html", _facts(found, form), status=400 if form.errors else 200)


@require_safe
@operator_required(ENTER)
def erasures(request: DoorRequest) -> HttpResponse:
    """All that were asked for, the newest first."""
    page = Paginator(Erasure.objects.all(), PER_PAGE).get_page(request.GET.get("page"))
    return rendered(request, "console/erasures.html", {"page": page})


@require_safe
@operator_required(ENTER)
def erasure(request: DoorRequest, erasure_id: int) -> HttpResponse:
    """One of them: until when it may be taken back, then its certificate."""
    found = _erasure_or_404(erasure_id)
    facts = {
        "erasure": found,
        "may_cancel": found.state == Erasure.State.PLANNED and allowed(request.actor, ERASE),
        "said": saying.said(request, SAID),
    }
    return rendered(request, "console/erasure.html", facts)


@require_safe
@operator_required(ENTER)
def certificate(request: DoorRequest, erasure_id: int) -> HttpResponse:
    """The certificate on paper, for the town; 404 until the commune is erased."""
    found = _erasure_or_404(erasure_id)
    if found.state != Erasure.State.DONE:
        raise Http404
    paper = pdf.render("console/certificate_paper.html", {"erasure": found})
    return downloads.saved(HttpResponse(paper, content_type="application/pdf"), name=f"certificat-{found.slug}.pdf")


@require_POST
@operator_required(ERASE)
def cancel(request: DoorRequest, erasure_id: int) -> HttpResponse:
    """Take it back."""
    found = _erasure_or_404(erasure_id)
    where = reverse("console:erasure", args=[found.pk])
    try:
        erasing.cancel(erasure=found, by=operator_of(request))
    except ErasureRefused:
        return saying.done(where, "trop-tard")
    return saying.done(where, "annule")


def _facts(found: Commune, form: ErasureForm) -> dict[str, Any]:
    now = clock.real_now()
    return {
        "commune": found,
        "form": form,
        "is_closed": found.state == CommuneState.CLOSED,
        "export": erasing.last_export(found),
        "planned": erasing.planned_for(found),
        "due_at": now + erasing.DELAY,
        "days": erasing.DELAY.days,
        "kept": figures.to_keep(found, since=now - erasing.ACCOUNTING),
    }


def _erasure_or_404(pk: int) -> Erasure:
    with context.public():
        found = Erasure.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
