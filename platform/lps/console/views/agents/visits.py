"""The vendor's visits, on the town's side: beginning one behind its link, leaving, and who came, when and why."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts import doorway
from lps.accounts.actors import Visitor
from lps.accounts.decorators import agent_required
from lps.accounts.doors import OFFICE
from lps.accounts.requests import DoorRequest
from lps.console import visits as services
from lps.console.models import Visit
from lps.console.rights import READ_VISITS
from lps.ui import saying
from tenants import context
from tenants.queries import console_url

MOST = 200
SAID = {
    "finie": _("La visite est terminée : l'exploitant ne voit plus rien de votre commune."),
    "dejafinie": _("Cette visite était déjà terminée."),
}


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: DoorRequest, token: str) -> HttpResponse:
    """Behind the console's link: what the visit will be, then the session. It serves once."""
    visit = services.of_token(token)
    if request.method == "POST" and visit and services.enter(request, visit):
        return HttpResponseRedirect(OFFICE.path)
    if visit is None or request.method == "POST":
        return render(request, "console/visit_gone.html", {"console": console_url()}, status=410)
    return render(request, "console/visit_enter.html", {"visit": visit})


@require_POST
def leave(request: DoorRequest) -> HttpResponse:
    """End one's visit at once; anybody else goes to the agents' door."""
    actor = request.actor
    if not isinstance(actor, Visitor):
        return HttpResponseRedirect(OFFICE.sign_in_path)
    visit = services.visit_of(pk=actor.visit)
    if visit:
        services.leave(visit, by=actor)
    doorway.leave(request)
    return render(request, "console/visit_gone.html", {"console": console_url(), "left": True})


@require_safe
@agent_required(READ_VISITS)
def visits(request: DoorRequest) -> HttpResponse:
    """Who of the vendor came in, when, why, and whether something could be changed."""
    found = services.of_commune(context.current(), most=MOST)
    facts = {
        "rows": [(one, services.is_over(one)) for one in found],
        "most": MOST,
        "said": saying.said(request, SAID),
    }
    return render(request, "console/office/visits.html", facts)


@require_POST
@agent_required(READ_VISITS)
def end(request: DoorRequest, visit_id: int) -> HttpResponse:
    """The town shows a visitor out."""
    visit = _visit_or_404(visit_id)
    assert request.actor is not None
    done = services.leave(visit, by=request.actor)
    return saying.done(f"{OFFICE.path}visites/", "finie" if done else "dejafinie")


def _visit_or_404(pk: int) -> Visit:
    """A visit to this very town."""
    visit = services.visit_of(pk=pk)
    if visit is None or visit.commune_id != context.current().pk:
        raise Http404
    return visit
