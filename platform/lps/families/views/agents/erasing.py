"""Erasing a family at its request: what goes and what stays is shown first, then confirmed."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families import words
from lps.families.access import may_at_all
from lps.families.rights import ERASE_FAMILY
from lps.families.services import erasing as services
from lps.families.services.erasing import ErasureRefused
from lps.families.views.agents.frame import frame, household_or_404
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.ui import saying
from tenants import context


class ConfirmForm(forms.Form):
    """What cannot be undone is confirmed by a box of its own."""

    sure = forms.BooleanField(
        label=_("J'ai vérifié l'identité de la personne qui demande, et je sais que rien ne pourra être retrouvé"),
        error_messages={"required": _("Cochez cette case pour effacer la famille.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(ERASE_FAMILY)
def erase(request: DoorRequest, household_id: int) -> HttpResponse:
    """What would be erased; a POST erases it. A child of another school is not an agent's to erase."""
    household = household_or_404(request, household_id, ERASE_FAMILY)
    day, refused = clock.today(context.current().zone), ""
    if not may_at_all(request.actor, ERASE_FAMILY, household, day=day):
        raise PermissionDenied
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        assert request.actor is not None
        try:
            services.erase(
                household=household, by=request.actor, channel=Channel.OFFICE, day=day, at=request.received_at
            )
            return saying.done(reverse("families_office:erase", args=[household.pk]), "erased")
        except ErasureRefused as error:
            refused = words.erasure(error.refusal)
    facts = {
        **frame(request, household),
        "form": form,
        "preview": services.preview(household, day=day),
        "refused": refused,
        "said": saying.said(request, {"erased": _("La famille est effacée.")}),
    }
    status = 400 if form.is_bound else 200
    return render(request, "families/office/erase.html", facts, status=status)
