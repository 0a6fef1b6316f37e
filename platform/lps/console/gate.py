"""The gate of a commune that is not in full service: who may come in, and the sentence that the others read.

| state | families, telephone, software | agents |
|---|---|---|
| to be opened | the home page; families who try it; the others read the opening day | everything |
| suspended | the sentence | their pages, to read and to export |
| closed | the sentence | the sentence |

During a maintenance, of one commune or of all, everybody reads its sentence, whatever the state.

What comes from the Treasury and from the senders of SMS is taken in every state: a payment or a STOP is never lost.
An operator of the vendor on a visit to look is refused whatever would change something, in every state; on any visit,
the files that take people away and what families sent in.
A provider of telephone numbers is answered in every state too, by a sentence that a caller understands.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from lps.accounts.actors import Visitor
from lps.accounts.api import problems
from lps.accounts.doors import OFFICE
from lps.accounts.requests import DoorRequest
from lps.families.queries.doors import tries_the_portal
from lps.journal.actors import ActorKind
from lps.kernel import clock
from lps.kernel.requests import announced
from tenants import offers
from tenants.models import CommuneState
from tenants.notices import Told, maintenance_of
from tenants.offers import Offer
from tenants.town.queries import settings

READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Told by others once, or a few times: refusing it would lose it.
ALWAYS = ("/factures/tipi/notification/", "/factures/tipi/retour/", "/sms/prestataire/", "/voix/")
# An operator on a visit leaves whatever it may do.
VISIT = f"{OFFICE.path}visite/"
LEAVE = f"{VISIT}quitter/"
# What a visit never takes, whatever its mode: tables of people end so; other files, and what families sent in.
TABLES = (".csv", ".xlsx", ".zip")
PAPERS = frozenset(
    {
        "billing_office:run_papers_file",
        "billing_office:quotient_document",
        "billing_office:quotient_proof_document",
        "booking_office:absence_document",
    }
)
# What draws the page of the sentence itself, and the duties of a public site.
DRESS = ("/logo", "/theme.css", "/accessibilite/")
# Forms that an agent of a suspended commune still needs.
DOOR_FORMS = tuple(f"{OFFICE.path}{one}" for one in ("connexion/", "deconnexion/", "acces/", "visite/", "export/"))


class StateGate:
    """Stands behind the doors: it knows who is there."""

    def __init__(self, get_response: Callable[[DoorRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: DoorRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: DoorRequest, *_: Any) -> HttpResponse | None:
        """The page that says the state, or None to let the request go on."""
        commune = request.commune
        if isinstance(request.actor, Visitor) and not _may_send(request, request.actor):
            return _sentence(request, "console/visit_read_only.html", status=403)
        if isinstance(request.actor, Visitor) and _takes_away(request):
            return _sentence(request, "console/visit_no_files.html", status=403)
        if commune is None or request.path_info.startswith((*ALWAYS, *DRESS)):
            return None
        if not _comes_from_vendor(request) and (told := maintenance_of(commune, at=clock.real_now())):
            return _under_maintenance(request, told)
        if closed := offers.closed(commune, request.resolver_match.view_name if request.resolver_match else ""):
            return _not_offered(request, closed)
        if commune.state == CommuneState.ACTIVE:
            return None
        match commune.state:
            case CommuneState.TO_OPEN:
                return None if _may_try(request) else _sentence(request, "console/not_yet_open.html")
            case CommuneState.SUSPENDED:
                return _suspended(request)
        return _sentence(request, "console/closed.html")


def _comes_from_vendor(request: DoorRequest) -> bool:
    """Whoever mends it comes in while it is mended."""
    return isinstance(request.actor, Visitor) or request.path_info.startswith(VISIT)


def _under_maintenance(request: DoorRequest, told: Told) -> HttpResponse:
    """503, with the seconds until it ends."""
    if request.path_info.startswith("/api/"):
        response = problems.answer(request, problems.MAINTENANCE)
    else:
        response = render(request, "console/maintenance.html", {"told": told}, status=503)
        response.headers["Cache-Control"] = "no-store"
    response.headers["Retry-After"] = str(max(int((told.until - clock.real_now()).total_seconds()), 1))
    return announced(response)


def _not_offered(request: DoorRequest, offer: Offer) -> HttpResponse:
    """As if it were not there, with the reason."""
    if request.path_info.startswith("/api/"):
        return problems.answer(request, problems.NOT_FOUND)
    in_office = request.path_info.startswith(OFFICE.path)
    facts = {"offer": offer, "in_office": in_office, "phone": settings().contact_phone}
    return render(request, "console/not_offered.html", facts, status=404)


def _may_send(request: DoorRequest, visitor: Visitor) -> bool:
    """Who came to look sends nothing but its leave: the one place where that is refused, for every route."""
    return visitor.writes or request.method in READING or request.path_info == LEAVE


def _takes_away(request: DoorRequest) -> bool:
    """Whether what is asked for is a file of people, or one that a family sent."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    return request.path_info.endswith(TABLES) or name in PAPERS


def _may_try(request: DoorRequest) -> bool:
    """All but the families that the town did not choose to try the portal; software works for the town."""
    if request.path_info.startswith(OFFICE.path) or request.actor is None:
        return True
    if request.actor.kind is not ActorKind.HOUSEHOLD or request.path_info == "/deconnexion/":
        return True
    return tries_the_portal(household=int(request.actor.key))


def _suspended(request: DoorRequest) -> HttpResponse | None:
    if not request.path_info.startswith(OFFICE.path):
        return _sentence(request, "console/suspended.html")
    if request.method in READING or request.path_info.startswith(DOOR_FORMS):
        return None
    return _sentence(request, "console/read_only.html")


def _sentence(request: DoorRequest, template: str, *, status: int = 503) -> HttpResponse:
    """503: search engines and software come back later."""
    if request.path_info.startswith("/api/"):
        return announced(problems.answer(request, problems.OUT_OF_SERVICE))
    facts = {"commune": request.commune, "phone": settings().contact_phone}
    response = render(request, template, facts, status=status)
    response.headers["Cache-Control"] = "no-store"
    return announced(response)
