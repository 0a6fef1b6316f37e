"""The credits of all families at once: what using them would settle, and a button that does it."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from billing import credits as reads
from billing import desk
from billing.rights import READ_PAYMENTS, TAKE_PAYMENTS
from billing.services import credits as services
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.views.agents.frame import agent_of_all
from lps.ui import saying

PER_PAGE = 50
SAID = {
    "utilises": _("Les avoirs sont utilisés : les factures sont réglées d'autant, et chaque famille le voit."),
    "rien": _("Il n'y avait plus d'avoir à utiliser : rien n'a changé."),
}


@require_safe
@agent_required(READ_PAYMENTS)
def credits(request: DoorRequest) -> HttpResponse:
    """Who has a credit and an invoice to pay."""
    agent_of_all(request)
    office = desk.office_asked(request.GET.get("regie", ""))
    found = reads.usable(office) if office else []
    facts = {
        "office": office,
        "offices": desk.cash_offices(),
        "found": found,
        "total": reads.total(found),
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "query": f"regie={office.pk}" if office else "",
        "may_use": allowed(request.actor, TAKE_PAYMENTS),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/credits.html", facts)


@require_POST
@agent_required(TAKE_PAYMENTS)
def use(request: DoorRequest) -> HttpResponse:
    """Use them all."""
    actor, office = agent_of_all(request), desk.office_asked(request.GET.get("regie", ""))
    if office is None:
        raise Http404
    done = services.use_all(cash_office=office, by=actor, at=request.received_at)
    path = f"{reverse('billing_office:credits')}?regie={office.pk}"
    return saying.done(path, "utilises" if done.families else "rien")
