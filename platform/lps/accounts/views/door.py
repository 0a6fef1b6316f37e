"""Signing in and out with an account, the same for the town hall and the console."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from lps.accounts import devices, doorway, recovery, services, words
from lps.accounts.decorators import LOST, NEXT, wanted_page
from lps.accounts.doors import FAMILY, Door
from lps.accounts.forms import SignInForm
from lps.accounts.models import Account
from lps.accounts.requests import DoorRequest
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from lps.ui import saying

# The word by which an agent's own page says that a recovery code was used.
BY_RECOVERY = "secours"


def sign_in(request: DoorRequest, *, door: Door, template: str, channel: Channel) -> HttpResponse:
    """The form, then the page that was asked for; whoever is in already goes straight on.

    After a recovery code, one comes to one's own page, which says how many remain.
    """
    wanted = wanted_page(request, default=door.path)
    if request.actor:
        return HttpResponseRedirect(wanted)
    form = SignInForm(request.POST or None, with_recovery=door is not FAMILY)
    status = 200
    if form.is_valid():
        outcome = services.sign_in(**form.cleaned_data, address=request.client_address, channel=channel)
        if not isinstance(outcome, Refusal):
            begin(request, outcome)
            if recovery.is_recovery_code(form.cleaned_data["code"]):
                return saying.done(reverse("accounts_office:account"), BY_RECOVERY)
            return HttpResponseRedirect(wanted)
        form.refuse(words.sign_in_refused(outcome))
        status = 429 if outcome.code == "wait" else 200
    facts = {"form": form, "next_name": NEXT, "next_page": wanted, "lost": LOST in request.GET}
    return render(request, template, facts, status=status)


def sign_out(request: DoorRequest, *, door: Door, channel: Channel) -> HttpResponse:
    """End the session, for a person who has one, and go back to the sign-in page."""
    if request.account:
        services.sign_out(account=request.account, channel=channel)
    if request.actor:  # an operator on a visit has no account here
        doorway.leave(request)
    return HttpResponseRedirect(door.sign_in_path)


def begin(request: DoorRequest, account: Account) -> None:
    """Begin the session of an account that gave its proofs."""
    device = devices.device_of(request.headers.get("User-Agent", ""))
    doorway.enter(request, holder=services.holder_of(account), generation=account.generation, device=device)
