"""The families' door: home and connexion, leaving, lost codes, the link of a new device."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods

from lps.accounts import doorway
from lps.accounts.decorators import LOST, NEXT, wanted_page
from lps.families import devices, house_rules, services
from lps.families.forms.door import CodesForm, RecoveryForm
from lps.families.identity import FamilyRequest, household_at
from lps.families.models import FamilyLink, Household
from lps.families.paths import CHILDREN, planning
from lps.families.services import SignedIn, links
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.ui import saying
from tenants.town import queries as town

page = require_http_methods(["GET", "HEAD", "POST"])
GONE = 410
LEFT = "deconnecte"
SAID = {LEFT: _l("Vous êtes déconnecté.")}


@page
def home(request: FamilyRequest) -> HttpResponse:
    """The town's messages and the connexion. Every refusal is the same page, whatever was wrong."""
    form = CodesForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        outcome = services.sign_in(**form.cleaned_data, address=request.client_address, received_at=request.received_at)
        if isinstance(outcome, SignedIn):
            return _open(request, outcome)
        form.add_error(None, _refused())
    household = household_at(request)
    facts = {
        "form": form,
        "messages_shown": town.messages_shown(now=request.received_at),
        "household": household,
        "next_name": NEXT,
        "next_page": wanted_page(request, default=""),
        "lost": LOST in request.GET,
        "said": "" if household else saying.said(request, SAID),
    }
    return render(request, "families/home.html", facts)


@page
def sign_out(request: FamilyRequest) -> HttpResponse:
    """End the family's session; without a form sent, ask first."""
    household = household_at(request)
    if request.method == "POST":
        if household:
            services.note_sign_out(household=household, channel=Channel.WEB)
            doorway.leave(request)
            return saying.done("/", LEFT)
        return HttpResponseRedirect("/")
    return render(request, "families/sign_out.html", {"household": household})


@page
def difficulties(request: FamilyRequest) -> HttpResponse:
    """Ask for one's codes by e-mail: the answer is the same whether the address is known or not."""
    form = RecoveryForm(request.POST if request.method == "POST" else None)
    asked = form.is_valid()
    if asked:
        email = form.cleaned_data["email"]
        services.ask_for_codes(email=email, address=request.client_address, received_at=request.received_at)
    return render(request, "families/difficulties.html", {"form": form, "asked": asked})


@page
def codes(request: FamilyRequest, token: str) -> HttpResponse:
    """The link of a recovery mail: a button first, because mailboxes open links by themselves."""
    if request.method == "POST":
        revealed = services.reveal_codes(token=token, received_at=request.received_at, channel=Channel.WEB)
        if revealed:
            return render(request, "families/codes.html", {"revealed": revealed})
        return _gone(request)
    if not links.is_in_force(token=token, purpose=FamilyLink.Purpose.CODES):
        return _gone(request)
    return render(request, "families/codes_link.html", {"minutes": links.LIFE_MINUTES})


@page
def device(request: FamilyRequest, token: str) -> HttpResponse:
    """The link of the second step: it signs in the browser that follows it, and knows it again for 90 days."""
    if request.method == "POST":
        household = services.finish_device_step(token=token, channel=Channel.WEB)
        if household is None:
            return _gone(request)
        _begin(request, household)
        response = house_rules.on_the_way(request, household, CHILDREN)
        _remember(response, household)
        return response
    if not links.is_in_force(token=token, purpose=FamilyLink.Purpose.DEVICE):
        return _gone(request)
    return render(request, "families/device_link.html")


def _open(request: FamilyRequest, signed_in: SignedIn) -> HttpResponse:
    """Go to the page asked for, else to the child's planning if it is there; from a new device, to one's mailbox."""
    household = signed_in.household
    if town.settings().second_step and not devices.is_known(request.COOKIES.get(devices.COOKIE, ""), household):
        sent_to = services.send_device_links(household=household, channel=Channel.WEB)
        return render(request, "families/second_step.html", {"sent_to": sent_to, "minutes": links.LIFE_MINUTES})
    _begin(request, household, signed_in)
    own = planning(signed_in.child.child_code) if signed_in.child else CHILDREN
    wanted = wanted_page(request, default=own)
    return house_rules.on_the_way(request, household, wanted)


def _begin(request: FamilyRequest, household: Household, signed_in: SignedIn | None = None) -> None:
    child = signed_in.child if signed_in else None
    services.note_sign_in(household=household, child=child, channel=Channel.WEB)
    doorway.enter(request, holder=household.holder, generation=household.generation)
    if child:
        request.session["child"] = child.pk


def _remember(response: HttpResponse, household: Household) -> None:
    """Host-only, unread by scripts."""
    response.set_cookie(
        devices.COOKIE,
        devices.stamp(household),
        expires=clock.real_now() + devices.LIFE,
        secure=settings.PRODUCTION,
        httponly=True,
        samesite="Lax",
    )


def _refused() -> str:
    """One sentence for every refusal: neither which code was wrong nor whether one has to wait."""
    return _(
        "Ces codes n'ouvrent aucune famille. Recopiez-les depuis le courrier de la mairie. "
        "Après plusieurs essais, attendez un quart d'heure avant de recommencer."
    )


def _gone(request: FamilyRequest) -> HttpResponse:
    """Used, expired, never sent or another commune's: nobody can tell."""
    return render(request, "families/link_gone.html", status=GONE)
