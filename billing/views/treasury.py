"""The Treasury's own calls: its server's, and the payer's browser that it sends back. Nobody is signed in here.

By the web service they carry the identifier of an operation and nothing that is believed: they only make us ask, at
once. By the address protocol they carry a result that nobody signed: it is kept as an announcement.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from billing import online
from billing.models import PaymentAttempt
from billing.payfip import address
from billing.services import announcing, asking
from lps.accounts import attempts as counters
from lps.kernel.requests import StampedRequest
from tenants import keys

# One operation: the return, the notification and a few reloads; then one question every few seconds.
PER_OPERATION = counters.Policy(free=8, base=5, longest=60, window=15 * counters.MINUTE)
log = logging.getLogger(__name__)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def back(request: StampedRequest) -> HttpResponse:
    """The payer comes back, or asks whether the answer has come: the page of the attempt says what became of it."""
    attempt = _named(request)
    if attempt is None:
        return _too_many()
    if not _asked_too_often(attempt):
        asking.ask(attempt, asked_by="return", at=request.received_at)
    return HttpResponseRedirect(reverse("billing:online_attempt", args=[attempt.ticket]))


@csrf_exempt
@require_http_methods(["GET", "POST"])
def notified(request: StampedRequest) -> HttpResponse:
    """The Treasury says that something happened: what, it is asked."""
    attempt = _named(request)
    if attempt is None or _asked_too_often(attempt):
        return _too_many()
    asking.ask(attempt, asked_by="notification", at=request.received_at)
    return HttpResponse("", content_type="text/plain")


@csrf_exempt
@require_http_methods(["GET", "POST"])
def announced(request: StampedRequest, ticket: str, mark: str) -> HttpResponse:
    """What the address protocol brings back. Its server is answered, the payer's browser goes on to the attempt."""
    attempt = _found(request, lambda: online.attempt_by_address(ticket, mark))
    if attempt is None:
        return _too_many()
    page = reverse("billing:online_attempt", args=[attempt.ticket])
    if request.method == "GET":
        return HttpResponseRedirect(page)
    detail = address.read_return(request.POST.dict())
    if detail is None:
        log.warning("a return by address says nothing of attempt %s that can be understood", attempt.pk)
    elif not _asked_too_often(attempt):
        announcing.announce(attempt, detail, at=request.received_at)
    return render(request, "billing/online_heard.html", {"page": page})


def _named(request: StampedRequest) -> PaymentAttempt | None:
    """The attempt whose operation a call names, as `_found` finds it."""
    return _found(request, lambda: online.attempt_of_operation(_id_of(request)))


def _found(request: StampedRequest, find: Callable[[], PaymentAttempt | None]) -> PaymentAttempt | None:
    """The attempt that a call names; None once this range of addresses has named too many that do not exist.

    Raises Http404 for an unknown one.
    """
    guesses = [replace(counters.address_range(request.client_address), name="payfip_range")]
    counted = _counted(guesses)
    if counted is None:
        return None
    found = find()
    if found is None:
        log.warning("a call of PayFiP names an operation or an attempt that is not ours")
        raise Http404
    if counted:
        counters.succeed(guesses)
    return found


def _counted(guesses: list[counters.Counter]) -> bool | None:
    """Whether the call was counted; None when it must wait. A payment is not lost because nothing can be counted."""
    try:
        return None if counters.check(guesses) else True
    except counters.Unavailable:
        return False


def _asked_too_often(attempt: PaymentAttempt) -> bool:
    lookup = keys.lookup_hash(str(attempt.pk), purpose="attempts:payfip")
    return _counted([counters.Counter("payfip", lookup, PER_OPERATION)]) is None


def _id_of(request: StampedRequest) -> str:
    """`idop` or `idOp`, in the form or in the address."""
    for sent in (request.POST, request.GET):
        if found := sent.get("idop") or sent.get("idOp"):
            return str(found)
    return ""


def _too_many() -> HttpResponse:
    words = _("Trop d'appels à la fois : recommencez dans une minute.")
    response = HttpResponse(words, content_type="text/plain; charset=utf-8", status=429)
    response.headers["Retry-After"] = "60"
    return response
