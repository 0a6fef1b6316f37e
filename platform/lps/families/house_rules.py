"""The town's rules at the families' door: read when they come, accepted before they next save something.

A form sent before that is not lost: the page that asks carries it, and the same button accepts and sends it again.
"""

import hashlib
import json
from datetime import date, datetime, timedelta

from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from lps.accounts.decorators import NEXT
from lps.families.identity import FamilyRequest
from lps.families.models import Household
from lps.journal import house_rules as journal
from lps.journal.channels import Channel
from tenants import context
from tenants.town import house_rules as town
from tenants.town.house_rules import RulesRefused

ACCEPTED, STAMP = "reglement", "recu_le"
READING = timedelta(minutes=30)
_OURS = frozenset({ACCEPTED, STAMP, "csrfmiddlewaretoken"})


def asked_first(request: FamilyRequest) -> HttpResponse | None:
    """The page that asks, when a form comes before the rules in force were accepted; None when it may go on.

    A form that went through that page accepts them, and is judged at the instant when it first came.
    """
    version = town.version_to_accept(holder=request.household.holder, day=today(request))
    if version is None:
        return None
    if not accept(request, request.POST.get(ACCEPTED, "")):
        return _ask(request)
    request.received_at = _first_received(request)
    return None


def accept(request: FamilyRequest, version: str) -> bool:
    """Keep that the family accepts that version; False for any but the one in force."""
    if not (version.isascii() and version.isdigit() and len(version) < 19):
        return False
    try:
        journal.accept(
            rules_id=int(version),
            holder=request.household.holder,
            day=today(request),
            at=request.received_at,
            by=request.actor,
            channel=Channel.WEB,
        )
    except RulesRefused:
        return False
    return True


def today(request: FamilyRequest) -> date:
    """The commune's day on which the request was received."""
    return request.received_at.astimezone(context.current().zone).date()


def on_the_way(request: FamilyRequest, household: Household, wanted: str) -> HttpResponseRedirect:
    """Where a family goes once it is in: to the rules first, when it has some to read, and then on."""
    if town.version_to_accept(holder=household.holder, day=today(request)) is None:
        return HttpResponseRedirect(wanted)
    return HttpResponseRedirect(f"{reverse('families:house_rules')}?{urlencode({NEXT: wanted})}")


def _ask(request: FamilyRequest) -> HttpResponse:
    """The rules, with the form that waits."""
    stamp = signing.dumps({"at": request.received_at.isoformat(), "of": _of(request)}, salt=_salt())
    facts = {
        "stamp": (STAMP, stamp),
        "rules": town.in_force(day=today(request)),
        "action": request.get_full_path(),
        "carried": [(name, value) for name, values in request.POST.lists() if name not in _OURS for value in values],
        "name": ACCEPTED,
        "file_lost": bool(request.FILES),
    }
    return render(request, "families/house_rules_first.html", facts)


def _first_received(request: FamilyRequest) -> datetime:
    """When this very form first came, if that was to ask for the rules: reading them makes nobody late."""
    stamp = request.POST.get(STAMP, "")
    if not stamp:
        return request.received_at
    try:
        told = signing.loads(stamp, salt=_salt())
    except signing.BadSignature:
        return request.received_at
    at = datetime.fromisoformat(told["at"])
    is_it = told["of"] == _of(request) and request.received_at - at <= READING
    return at if is_it else request.received_at


def _of(request: FamilyRequest) -> str:
    """What tells a form from any other: whose it is, where it goes, and all that it holds."""
    held = [[name, values] for name, values in sorted(request.POST.lists()) if name not in _OURS]
    whole = json.dumps([request.household.pk, request.get_full_path(), held])
    return hashlib.sha256(whole.encode()).hexdigest()


def _salt() -> str:
    return f"house-rules:{context.current().pk}"
