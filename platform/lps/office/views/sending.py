"""How e-mails and SMS leave: the provider, its price and cap, the hours, the stop button, a try to one's own phone."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from lps.office.forms.sending import SendingForm, TrialForm
from lps.office.rights import SET_SENDING
from lps.ui import saying
from notifications import gateways, queries, sms_cap
from notifications.gateways.base import NoAnswer
from notifications.models import Class
from notifications.services import sending as services
from notifications.services.sms import post_sms
from tenants import context
from tenants.offers import SMS

TRIAL = "office/sms/trial"
SAID = {
    "enregistre": gettext_lazy("C'est enregistré. Faites un essai sur votre portable."),
    "essai": gettext_lazy("L'essai est parti. S'il n'arrive pas dans la minute, regardez les messages non partis."),
    "arrete": gettext_lazy("Les SMS sont arrêtés. Plus aucun ne part."),
    "ferme": gettext_lazy(
        "Le service SMS est fermé par l'éditeur : les SMS restent arrêtés. Écrivez-lui pour le rouvrir."
    ),
    "repris": gettext_lazy("Les SMS repartent."),
    "abandonnes": gettext_lazy("Les SMS repartent. Ceux qui attendaient sont dans les messages non partis."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(SET_SENDING)
def settings(request: DoorRequest) -> HttpResponse:
    """Everything on one page; identifiers are never shown back."""
    kept = queries.sending()
    form = SendingForm(request.POST if request.method == "POST" else None, instance=kept, kept=bool(kept.credentials))
    if form.is_valid():
        assert request.actor is not None
        services.change_sending(by=request.actor, credentials=form.credentials, **form.wanted)
        return saying.done(reverse("office:sending"), "enregistre")
    return _page(request, form=form)


@require_safe
@whole_town_required(SET_SENDING)
def credit(request: DoorRequest) -> HttpResponse:
    """Ask the provider how many SMS are left."""
    try:
        left = gateways.gateway_of(queries.sending()).credit()
    except gateways.NoGateway:
        words = _("Choisissez d'abord un prestataire.")
    except NoAnswer:
        words = _("Le prestataire ne répond pas, ou refuse vos identifiants. Vérifiez-les, puis réessayez.")
    else:
        words = _("Ce prestataire n'a pas de crédit.") if left is None else _("Il reste %(left)s SMS.") % {"left": left}
    return _page(request, credit=words)


@require_POST
@whole_town_required(SET_SENDING)
def trial(request: DoorRequest) -> HttpResponse:
    """Send a try to one's own telephone."""
    form = TrialForm(request.POST)
    if not form.is_valid():
        return _page(request, trial=form)
    assert request.actor is not None
    with transaction.atomic():
        post_sms(
            to=form.cleaned_data["number"], template=TRIAL, facts={}, by=request.actor, message_class=Class.SERVICE
        )
    return saying.done(reverse("office:sending"), "essai")


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(SET_SENDING)
def stop(request: DoorRequest) -> HttpResponse:
    """Ask before, then let nothing leave by SMS."""
    if request.method != "POST":
        return render(request, "office/sms_stop.html", {"sums": queries.sums()})
    assert request.actor is not None
    services.stop_sms(by=request.actor, at=request.received_at)
    return saying.done(reverse("office:sending"), "arrete")


@require_POST
@whole_town_required(SET_SENDING)
def resume(request: DoorRequest) -> HttpResponse:
    """Let SMS leave again, those that wait or only the next ones."""
    assert request.actor is not None
    drop = request.POST.get("attente") == "abandonner"
    try:
        services.resume_sms(by=request.actor, at=request.received_at, drop_waiting=drop)
    except services.ServiceClosed:
        return saying.done(reverse("office:sending"), "ferme")
    return saying.done(reverse("office:sending"), "abandonnes" if drop else "repris")


def _page(
    request: DoorRequest, *, form: SendingForm | None = None, trial: TrialForm | None = None, credit: str = ""
) -> HttpResponse:
    kept = queries.sending()
    facts: dict[str, Any] = {
        "form": form or SendingForm(instance=kept, kept=bool(kept.credentials)),
        "trial": trial or TrialForm(),
        "failed": trial or form,
        "sending": kept,
        "head": queries.letterhead(kept),
        "spent": sms_cap.spent_this_month(now=request.received_at),
        "sums": queries.sums(),
        "credit": credit,
        "service_closed": SMS in context.current().closed_offers,
        "callback": gateways.callback_url(kept),
        "said": saying.said(request, SAID),
    }
    return render(request, "office/sending.html", facts)
