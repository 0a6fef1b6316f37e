"""The parents' page « Préinscription »: Oui or Non for each child, with the weekdays wanted."""

import logging
from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from booking import pre_registration_page as page
from booking.planning_form import BadForm
from booking.pre_registration_page import Block
from booking.rules.periods import NotOffered
from booking.services.pre_registrations import answer
from lps.families.decorators import household_required
from lps.families.forms.door import AddressForm
from lps.families.identity import FamilyRequest
from lps.families.queries.children import ChildAtSchool, children_of
from lps.families.services import addresses
from lps.families.words import address_refused
from lps.journal.channels import Channel
from lps.ui import saying
from notifications.queries import addresses_of
from tenants import context

log = logging.getLogger(__name__)
SAVED, UNCHANGED, LINK_SENT = "enregistre", "inchange", "lien"
EMAIL = "email"
SENTENCES = {
    LINK_SENT: _(
        "Un email vient de vous être envoyé. Ouvrez le lien qu'il contient pour valider votre adresse : rien d'autre "
        "n'est envoyé avant. Rien reçu ? Regardez dans les courriers indésirables."
    ),
    SAVED: _("Votre réponse est enregistrée. Le numéro de reçu est à côté de chaque enfant."),
    UNCHANGED: _("Rien n'a changé : votre réponse était déjà enregistrée."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
def answers(request: FamilyRequest) -> HttpResponse:
    """The campaigns, and a POST that answers one of them for some children or all."""
    children = _children(request)
    if request.method != "POST":
        return _show(request, _build(request, children))
    if EMAIL in request.POST:
        return _ask_to_validate(request, children)
    try:
        campaign = page.campaign_of(request.POST)
        wishes = page.read(request.POST, children)
        answered = answer(
            campaign=campaign,
            household=request.household,
            wishes=wishes,
            by=request.actor,
            channel=Channel.WEB,
            received_at=request.received_at,
        )
    except (BadForm, NotOffered) as error:
        log.warning("form refused: %s", error)
        return _show(request, _build(request, children), bad_form=True, status=400)
    if answered.refusal or answered.refused or not wishes:
        blocks = page.with_errors(
            _build(request, children),
            campaign_id=campaign.pk,
            wishes=wishes,
            refused=answered.refused or {},
            children=children,
        )
        return _show(request, blocks, late=bool(answered.refusal), nothing=not wishes, status=400)
    return saying.done(reverse("booking:pre_registration"), SAVED if answered.written else UNCHANGED)


def _ask_to_validate(request: FamilyRequest, children: Sequence[ChildAtSchool]) -> HttpResponse:
    """Send the link that validates an address; it is the only thing sent there before it is followed."""
    form = AddressForm(request.POST)
    if form.is_valid():
        refusal = addresses.ask_to_validate(
            household=request.household, email=form.cleaned_data[EMAIL], channel=Channel.WEB
        )
        if refusal is None:
            return saying.done(reverse("booking:pre_registration"), LINK_SENT)
        form.add_error(EMAIL, address_refused(refusal))
    return _show(request, _build(request, children), form=form, status=400)


def _show(
    request: FamilyRequest,
    blocks: Sequence[Block],
    *,
    bad_form: bool = False,
    late: bool = False,
    nothing: bool = False,
    form: AddressForm | None = None,
    status: int = 200,
) -> HttpResponse:
    facts = {
        "form": form or AddressForm(),
        "proved": [one.address for one in addresses_of(request.household.holder)],
        "blocks": blocks,
        "household": request.household,
        "bad_form": bad_form,
        "late": late,
        "nothing": nothing and not late,
        "said": saying.said(request, SENTENCES),
    }
    return render(request, "booking/pre_registration.html", facts, status=status)


def _build(request: FamilyRequest, children: Sequence[ChildAtSchool]) -> list[Block]:
    zone = context.current().zone
    return page.build(household=request.household, children=children, zone=zone, now=request.received_at)


def _children(request: FamilyRequest) -> list[ChildAtSchool]:
    day = request.received_at.astimezone(context.current().zone).date()
    return children_of(household=request.household, day=day)
