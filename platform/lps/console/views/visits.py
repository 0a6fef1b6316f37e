"""Entering a commune, on the console's side: why and for how long, then the link, and the end."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.actors import Operator
from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.console import visits as services
from lps.console.forms.visits import LOOK, VisitForm
from lps.console.models import Visit
from lps.console.rights import ENTER_TOWNS, WRITE_IN_TOWNS
from lps.console.views.communes import SERVED, commune_or_404, rendered
from lps.ui import saying

SAID = {
    "prete": _("La visite est prête. La commune la verra dès que vous entrerez."),
    "finie": _("La visite est terminée."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(ENTER_TOWNS)
def ask(request: DoorRequest, slug: str) -> HttpResponse:
    """Why, for how long, to look or to change something."""
    commune, actor = commune_or_404(slug), _operator(request)
    if commune.state not in SERVED:
        raise Http404
    data = request.POST if request.method == "POST" else None
    initial = {"minutes": 30, "mode": LOOK}
    form = VisitForm(data, may_write=allowed(actor, WRITE_IN_TOWNS), initial=initial)
    if form.is_valid():
        visit = services.ask(commune=commune, wish=form.wish, by=actor)
        return saying.done(_path(visit), "prete")
    facts = {"form": form, "commune": commune}
    return rendered(request, "console/enter.html", facts, status=400 if form.errors else 200)


@require_safe
@operator_required(ENTER_TOWNS)
def visit(request: DoorRequest, visit_id: int) -> HttpResponse:
    """A visit: the link that begins it, for whoever asked for it, or what became of it."""
    found = _visit_or_404(visit_id)
    is_over, is_own = services.is_over(found), str(found.operator) == _operator(request).key
    waits = is_own and not is_over and found.entered_at is None
    facts = {
        "visit": found,
        "is_over": is_over,
        "url": services.link_of(found) if waits else "",
        "minutes": services.LINK_LIFE.seconds // 60,
        "said": saying.said(request, SAID),
    }
    return rendered(request, "console/visit.html", facts)


@require_POST
@operator_required(ENTER_TOWNS)
def end(request: DoorRequest, visit_id: int) -> HttpResponse:
    """End a visit from the console, one's own or a colleague's."""
    found = _visit_or_404(visit_id)
    services.leave(found, by=_operator(request))
    return saying.done(_path(found), "finie")


def _visit_or_404(pk: int) -> Visit:
    found = services.visit_of(pk=pk)
    if found is None:
        raise Http404
    return found


def _operator(request: DoorRequest) -> Operator:
    if not isinstance(request.actor, Operator):
        raise PermissionDenied
    return request.actor


def _path(visit: Visit) -> str:
    return reverse("console:visit", args=[visit.pk])
