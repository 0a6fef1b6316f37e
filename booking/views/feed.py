"""The family's calendar feed, and the page that makes, shows and revokes it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from booking.services import feed
from lps.families.decorators import household_required, whatever_the_rules
from lps.families.identity import FamilyRequest
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.ui import saying

STOP = "arreter"
MADE, STOPPED = "cree", "arrete"
SENTENCES = {
    MADE: _("Votre calendrier est prêt : copiez son adresse dans votre agenda."),
    STOPPED: _("Votre calendrier est arrêté : son ancienne adresse ne montre plus rien."),
}


@require_safe
def read(request: HttpRequest, token: str) -> HttpResponse:
    """What a diary reads: whoever has the secret address reads the bookings, and nothing else."""
    link = feed.link_of(token)
    if link is None:
        raise Http404
    if seconds := feed.wait(link):
        return HttpResponse(status=429, headers={"Retry-After": str(seconds)})
    found = feed.calendar(link=link, now=clock.now())
    return HttpResponse(found, content_type="text/calendar; charset=utf-8")


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
@whatever_the_rules
def manage(request: FamilyRequest) -> HttpResponse:
    """Make the feed, copy its address, draw another one, stop it."""
    if request.method == "POST":
        if STOP in request.POST:
            feed.revoke(household=request.household, by=request.actor, channel=Channel.WEB)
            return saying.done(reverse("booking:calendar"), STOPPED)
        feed.make(household=request.household, by=request.actor, channel=Channel.WEB)
        return saying.done(reverse("booking:calendar"), MADE)
    facts = {"address": feed.address_of(request.household), "said": saying.said(request, SENTENCES)}
    return render(request, "booking/calendar.html", facts)
