"""Whether families are written to before their quotient ends: whom it would be now, the words, to begin or to stop."""

from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods

from billing import words
from billing.models import BillingSettings
from billing.rights import SET_TARIFFS
from billing.services import quotient_warnings as services
from billing.services.quotient_warnings import WarningsRefused
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families.views.agents.frame import agent_of
from lps.kernel import clock
from lps.ui import saying
from tenants import context

SAID = {
    "commence": _l("C'est noté : les messages partent demain matin. Jusque-là, vous pouvez tout arrêter."),
    "arrete": _l("C'est arrêté : plus aucun message ne part."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_TARIFFS)
def warnings(request: DoorRequest) -> HttpResponse:
    """How many families would be written to, and the button that begins or stops."""
    actor, today = agent_of(request), _today()
    if actor.sites or actor.activities:  # it writes to families of the whole town
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, today)
    begins = request.POST.get("etape") == "commencer"
    try:
        if begins:
            services.begin(known=_number(request.POST.get("nombre", "")), today=today, by=actor, at=clock.now())
        else:
            services.stop(by=actor, at=clock.now())
    except WarningsRefused as error:
        return _page(request, today, refused=str(words.WARNINGS[error.refusal.code]), status=400)
    return saying.done(reverse("billing_office:quotient_warnings"), "commence" if begins else "arrete")


def _page(request: DoorRequest, today: date, *, refused: str = "", status: int = 200) -> HttpResponse:
    kept = BillingSettings.objects.filter(pk=1).first() or BillingSettings(pk=1)
    facts = {
        "days": kept.quotient_warning_days,
        "begun_at": kept.quotient_warnings_at,
        "foreseen": services.foreseen(today=today),
        "sample_day": today + timedelta(days=kept.quotient_warning_days),
        "refused": refused,
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/quotient_warnings.html", facts, status=status)


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 8 else -1


def _today() -> date:
    return clock.today(context.current().zone)
