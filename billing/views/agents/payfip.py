"""How families pay online: one set for each régie, and the button that asks the Treasury who it is."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import desk
from billing.models import CashOffice
from billing.payfip_settings import OnlineForm, Tried, filled_subject, try_customer
from billing.rights import READ_ONLINE, SET_ONLINE
from billing.services import offices as services
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.views.agents.frame import agent_of, posted
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.ui import saying

SAID = {"enregistre": _l("Les réglages du paiement en ligne sont enregistrés : ils valent pour le prochain paiement.")}


@require_safe
@agent_required(READ_ONLINE)
def offices(request: DoorRequest) -> HttpResponse:
    """Every régie, and how its families pay online."""
    may_change = allowed(request.actor, SET_ONLINE) and _is_of_all(request)
    return render(
        request, "billing/office/online_offices.html", {"rows": desk.cash_offices(), "may_change": may_change}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_ONLINE)
def office(request: DoorRequest, office_id: int) -> HttpResponse:
    """Set how the families of one régie pay online."""
    found = _office_or_404(request, office_id)
    form = OnlineForm(posted(request), instance=CashOffice.objects.get(pk=found.pk))
    if form.is_bound and form.is_valid():
        services.save_online(office=found, facts=form.facts, by=agent_of(request))
        return saying.done(reverse("billing_office:online_office", args=[found.pk]), "enregistre")
    return _page(request, found, form, status=400 if form.errors else 200)


@require_POST
@agent_required(SET_ONLINE)
def trial(request: DoorRequest, office_id: int) -> HttpResponse:
    """Ask the Treasury how it names the number that is kept; nothing changes."""
    found = _office_or_404(request, office_id)
    tried = try_customer(found.numcli) if found.numcli else None
    if tried:
        after = {"number": found.numcli, "state": " ".join(tried.labels) or str(tried.fault)}
        subject = f"cash_office:{found.pk}"
        record(by=agent_of(request), channel=Channel.OFFICE, action="online_client_tried", subject=subject, after=after)
    return _page(request, found, OnlineForm(instance=found), tried=tried or Tried(fault=_NO_NUMBER))


_NO_NUMBER = _l("Enregistrez d'abord le numéro de client du contrat.")


def _page(
    request: DoorRequest, found: CashOffice, form: OnlineForm, *, tried: Tried | None = None, status: int = 200
) -> HttpResponse:
    facts = {
        "form": form,
        "office": found,
        "tried": tried,
        "sample": filled_subject(found.subject),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/online_office.html", facts, status=status)


def _office_or_404(request: DoorRequest, office_id: int) -> CashOffice:
    """A régie is of the whole town: an agent kept to some schools or activities does not change it."""
    if not _is_of_all(request):
        raise PermissionDenied
    found = CashOffice.objects.filter(pk=office_id).first()
    if found is None:
        raise Http404
    return found


def _is_of_all(request: DoorRequest) -> bool:
    actor = agent_of(request)
    return not actor.sites and not actor.activities
