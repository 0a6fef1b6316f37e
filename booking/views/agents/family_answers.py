"""A family's préinscriptions at the counter: what it answered, and writing its answer down for it."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from booking import pre_registration_page as page
from booking.planning_form import BadForm
from booking.pre_registration_page import Block
from booking.rights import BOOK_AT_COUNTER, READ_COUNTER, own_activities, serves_all_of
from booking.rules.periods import NotOffered
from booking.services.pre_registrations import answer
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.access import children_at
from lps.families.models import Household
from lps.families.queries.children import ChildAtSchool, children_of
from lps.families.views.agents.frame import agent_of, frame, household_or_404
from lps.journal.channels import Channel
from lps.ui import saying
from tenants import context

log = logging.getLogger(__name__)
SAID = {
    "enregistre": _("La réponse est enregistrée. La famille la voit sur sa page."),
    "inchange": _("Rien n'a changé : cette réponse était déjà enregistrée."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(READ_COUNTER)
def answers(request: DoorRequest, household_id: int) -> HttpResponse:
    """What a family answered; a POST writes an answer down, in the agent's name."""
    household = household_or_404(request, household_id, READ_COUNTER)
    children = _children(request, household)
    if request.method != "POST":
        return _show(request, household, _build(request, household, children))
    household_or_404(request, household_id, BOOK_AT_COUNTER)
    try:
        campaign, wishes = page.campaign_of(request.POST), page.read(request.POST, children)
        if not serves_all_of(request.actor, campaign.activities.all()):
            raise PermissionDenied
        answered = answer(
            campaign=campaign,
            household=household,
            wishes=wishes,
            by=agent_of(request),
            channel=Channel.OFFICE,
            received_at=request.received_at,
            at_counter=True,
        )
    except (BadForm, NotOffered) as error:
        log.warning("form refused: %s", error)
        return _show(request, household, _build(request, household, children), status=400, bad_form=True)
    if answered.refusal or answered.refused or not wishes:
        blocks = page.with_errors(
            _build(request, household, children),
            campaign_id=campaign.pk,
            wishes=wishes,
            refused=answered.refused or {},
            children=children,
        )
        late = bool(answered.refusal)
        return _show(request, household, blocks, status=400, late=late, nothing=not wishes and not late)
    return saying.done(request.path, "enregistre" if answered.written else "inchange")


def _show(
    request: DoorRequest,
    household: Household,
    blocks: Sequence[Block],
    *,
    status: int = 200,
    bad_form: bool = False,
    late: bool = False,
    nothing: bool = False,
) -> HttpResponse:
    facts = {
        **frame(request, household),
        "blocks": blocks,
        "may_answer": allowed(request.actor, BOOK_AT_COUNTER),
        "bad_form": bad_form,
        "late": late,
        "nothing": nothing,
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/family_pre_registrations.html", facts, status=status)


def _build(request: DoorRequest, household: Household, children: Sequence[ChildAtSchool]) -> list[Block]:
    """The campaigns of the family; whoever may not write reads its answers alone."""
    blocks = page.build(
        household=household,
        children=children,
        zone=context.current().zone,
        now=request.received_at,
        at_counter=True,
        only=own_activities(request.actor),
    )
    if allowed(request.actor, BOOK_AT_COUNTER):
        return blocks
    return [replace(block, is_answerable=False) for block in blocks]


def _children(request: DoorRequest, household: Household) -> Sequence[ChildAtSchool]:
    day = request.received_at.astimezone(context.current().zone).date()
    return children_at(request.actor, children_of(household=household, day=day), day=day)
