"""The messages that a commune's outbox gave up: why and how many, never for whom; sent again reason by reason."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.console import dead_letters
from lps.console.rights import RESEND
from lps.console.views.communes import commune_or_404, operator_of, rendered
from lps.ui import saying
from notifications import sentences

KIND, CODE = "sorte", "pourquoi"
SAID = {
    "renvoyes": _("Les messages sont remis en file : ils partent dans la minute."),
    "rien": _("Aucun de ces messages n'était à renvoyer."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(RESEND)
def messages(request: DoorRequest, slug: str) -> HttpResponse:
    """The reasons; one of them chosen is counted, then sent again."""
    found = commune_or_404(slug)
    back = reverse("console:messages", args=[found.slug])
    sent = request.POST if request.method == "POST" else request.GET
    kind, code = sent.get(KIND, "")[:5], sent.get(CODE, "")[:40].replace("\x00", "")
    if request.method == "POST":
        number = dead_letters.resend(found, kind=kind, code=code, by=operator_of(request), at=request.received_at)
        return saying.done(back, "renvoyes" if number else "rien")
    facts = {
        "commune": found,
        "reasons": [(one, sentences.why(one.code)) for one in dead_letters.reasons(found)],
        "bulk": dead_letters.look(found, kind=kind, code=code, now=request.received_at) if kind else None,
        "kind": kind,
        "code": code,
        "why": sentences.why(code),
        "said": saying.said(request, SAID),
    }
    return rendered(request, "console/messages.html", facts)
