"""What a family is told by e-mail: proving an address, choosing among kinds of messages, stopping one by its link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from lps.families.decorators import household_required, whatever_the_rules
from lps.families.identity import FamilyRequest
from lps.families.services import addresses, signing_in
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.ui import saying
from notifications import kinds, queries
from notifications.services import preferences

page = require_http_methods(["GET", "HEAD", "POST"])
GONE = 410
BY_LINK = Actor.system("lien d'un message")
SAVED, UNCHANGED = "enregistre", "inchange"
SENTENCES = {
    SAVED: _("C'est enregistré : vous recevrez les messages cochés, et eux seuls."),
    UNCHANGED: _("Rien n'a changé."),
}
AGAIN = "reprendre"


@page
def validate(request: FamilyRequest, token: str) -> HttpResponse:
    """The link of a validation mail: what it will do first, because mailboxes open links by themselves."""
    asked = addresses.address_asked(token=token)
    if asked is None:
        return render(request, "families/address_gone.html", status=GONE)
    household, email = asked
    facts = {"family": household.name, "email": email}
    if request.method != "POST":
        return render(request, "families/address_link.html", facts)
    if addresses.validate(token=token, channel=Channel.WEB) is None:
        return render(request, "families/address_gone.html", status=GONE)
    return render(request, "families/address_proved.html", facts)


@page
@household_required
@whatever_the_rules
def choices(request: FamilyRequest) -> HttpResponse:
    """Each proved address with the kinds of messages it receives."""
    proved = list(queries.addresses_of(request.household.holder))
    if request.method == "POST":
        known = kinds.registered()
        wishes = {one: {kind for kind in request.POST.getlist(_name(one.pk)) if kind in known} for one in proved}
        changed = preferences.choose(wishes=wishes, by=request.actor, channel=Channel.WEB, at=clock.now())
        return saying.done(reverse("families:messages"), SAVED if changed else UNCHANGED)
    wanted = preferences.choices_of(proved)
    blocks = queries.blocks_of([one.address for one in proved])
    rows = [
        {
            "address": one,
            "name": _name(one.pk),
            "kinds": [(kind, kind.code in wanted[one.pk]) for kind in kinds.registered().values()],
            "block": blocks.get(one.address),
        }
        for one in proved
    ]
    return render(request, "families/messages.html", {"rows": rows, "said": saying.said(request, SENTENCES)})


@csrf_exempt  # a mailbox posts by itself, without a cookie (RFC 8058): the signed address is the secret
@page
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stop one kind of message at one address, without signing in: said first, then done, and undone at will."""
    named = preferences.stop_of(token)
    if named is None:
        return render(request, "families/stop_gone.html", status=GONE)
    again = AGAIN in request.POST
    facts = {"kind": named.kind, "email": signing_in.masked(named.address.address), "again": again}
    if request.method != "POST":
        return render(request, "families/stop.html", facts)
    preferences.stop(stopped=named, by=BY_LINK, channel=Channel.WEB, at=clock.now(), wanted=again)
    return render(request, "families/stopped.html", facts)


def _name(pk: int) -> str:
    return f"messages-{pk}"
