"""The page of a place offered, opened by the link of its message: what it will do first, for mailboxes open links."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking import catalogue, offer_links, sentences
from booking.models import WaitingEntry
from booking.services import offers
from lps.kernel.requests import StampedRequest
from tenants import context
from tenants.town.house_rules import version_to_accept

REFUSE = "laisser"
GONE, CONFLICT = 410, 409


@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: StampedRequest, token: str) -> HttpResponse:
    """Accept the place or leave it to the next family; without signing in, and nothing else can be done here."""
    entry = offer_links.entry_of(token)
    if entry is None:
        return render(request, "booking/offer_gone.html", status=GONE)
    if request.method != "POST":
        return _show(request, entry)
    refused = _answer(request, entry) if offers.is_open(entry, at=request.received_at) else ""
    return _show(request, entry, refused=refused) if refused else HttpResponseRedirect(request.path)


def _answer(request: StampedRequest, entry: WaitingEntry) -> str:
    """Do what the button says; why it may not be done, or "". The page tells what became of the place."""
    if REFUSE in request.POST:
        offers.refuse(entry=entry, received_at=request.received_at)
        return ""
    if _rules_wait(request, entry):
        return ""
    saved = offers.accept(entry=entry, received_at=request.received_at)
    if not saved.refused:
        return ""
    _change, refusal = saved.refused[0]
    names, zone = catalogue.read().activity_names, context.current().zone
    return sentences.refusal_sentence(refusal.code, refusal.facts, zone=zone, names=names)


def _show(request: StampedRequest, entry: WaitingEntry, *, refused: str = "") -> HttpResponse:
    is_open = offers.is_open(entry, at=request.received_at)
    shown = {
        "child": entry.child.first_name,
        "activity": entry.service_day.activity.name,
        "day": entry.service_day.day,
        "accept_by": entry.accept_by,
        "is_open": is_open,
        "rules_wait": is_open and _rules_wait(request, entry),
        "outcome": "" if is_open else _outcome(entry),
        "taken": entry.state == WaitingEntry.State.BOOKED,
        "refused": refused,
    }
    return render(request, "booking/offer.html", shown, status=CONFLICT if refused else 200)


def _outcome(entry: WaitingEntry) -> str:
    match entry.state:
        case WaitingEntry.State.BOOKED:
            return _("C'est enregistré : la place est réservée.")
        case WaitingEntry.State.LEFT:
            return _("C'est noté : la place est laissée à la famille suivante.")
        case WaitingEntry.State.CLOSED:
            return _("La liste d'attente de ce jour est close : la place ne peut plus être acceptée.")
        case _:
            return _("Le délai est passé : la place a été proposée à la famille suivante.")


def _rules_wait(request: StampedRequest, entry: WaitingEntry) -> bool:
    """Whether the town's rules are to be accepted first, which is done once signed in."""
    today = request.received_at.astimezone(context.current().zone).date()
    return version_to_accept(holder=entry.household.holder, day=today) is not None
