"""Announcements to agents and maintenances: written, read over, told, taken back."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.console import notices as services
from lps.console import queries
from lps.console.forms.notices import NoticeForm
from lps.console.rights import ANNOUNCE, ENTER, MAINTAIN
from lps.console.views.communes import operator_of, rendered
from lps.kernel import clock
from lps.ui import saying
from tenants.models import Notice

PER_PAGE = 50
STEP, TELL, MEND = "etape", "annoncer", "corriger"
RIGHTS = {Notice.Kind.ANNOUNCEMENT: ANNOUNCE, Notice.Kind.MAINTENANCE: MAINTAIN}
KINDS = {"annonce": Notice.Kind.ANNOUNCEMENT, "maintenance": Notice.Kind.MAINTENANCE}
SAID = {
    "dit": _("C'est enregistré : les communes le liront à l'heure dite."),
    "annule": _("C'est annulé : plus personne ne le lit."),
    "fini": _("C'était déjà fini ou annulé."),
}


@require_safe
@operator_required(ENTER)
def notices(request: DoorRequest) -> HttpResponse:
    """What was told and will be, the last first."""
    page = Paginator(services.notices(), PER_PAGE).get_page(request.GET.get("page"))
    now = clock.real_now()
    rows = [
        (one, services.state_of(one, now=now), allowed(request.actor, RIGHTS[Notice.Kind(one.kind)]))
        for one in page.object_list
    ]
    facts = {
        "page": page,
        "rows": rows,
        "may_announce": allowed(request.actor, ANNOUNCE),
        "may_maintain": allowed(request.actor, MAINTAIN),
        "said": saying.said(request, SAID),
    }
    return rendered(request, "console/notices.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(ENTER)
def new(request: DoorRequest, word: str) -> HttpResponse:
    """Write one; it is read over, with how many communes it reaches, before it is told."""
    kind = KINDS.get(word)
    if kind is None:
        raise Http404
    if not allowed(request.actor, RIGHTS[kind]):
        raise PermissionDenied
    step, data = request.POST.get(STEP, ""), request.POST if request.method == "POST" else None
    form = NoticeForm(data, kind=kind, initial={"communes": request.GET.get("commune", "")[:60]})
    facts = {"form": form, "is_maintenance": kind == Notice.Kind.MAINTENANCE}
    if not form.is_valid() or step == MEND:
        return rendered(request, "console/notice_form.html", facts, status=400 if form.errors else 200)
    if step != TELL:
        facts |= {"words": form.words, "number": len(form.words.slugs) or queries.found("").count()}
        return rendered(request, "console/notice_preview.html", facts)
    services.publish(words=form.words, by=operator_of(request))
    return saying.done(reverse("console:notices"), "dit")


@require_POST
@operator_required(ENTER)
def cancel(request: DoorRequest, notice_id: int) -> HttpResponse:
    """Take one back."""
    found = services.notices().filter(pk=notice_id).first()
    if found is None:
        raise Http404
    if not allowed(request.actor, RIGHTS[Notice.Kind(found.kind)]):
        raise PermissionDenied
    done = services.cancel(pk=found.pk, by=operator_of(request))
    return saying.done(reverse("console:notices"), "annule" if done else "fini")
