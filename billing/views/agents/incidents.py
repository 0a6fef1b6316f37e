"""The incidents of online payment: what is wrong, what to do, and that it was looked at."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.core.validators import ProhibitNullCharactersValidator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_POST, require_safe

from billing import incident_words as words
from billing import incidents as reads
from billing.models import IncidentNote, PaymentAttempt
from billing.rights import READ_PAYMENTS, RECONCILE
from billing.services.incidents import IncidentRefused, acknowledge
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.views.agents.frame import agent_of_all
from lps.kernel import clock
from lps.ui import saying

PER_PAGE = 25
_WANTED = _l("Écrivez ce que vous avez fait, en 300 caractères au plus.")
SAID = {"note": _l("L'incident est noté comme examiné.")}


class NoteForm(forms.Form):
    """What was done about an incident."""

    note = forms.CharField(
        label=_l("Ce que vous avez fait"),
        max_length=300,
        validators=[ProhibitNullCharactersValidator()],
        error_messages={"required": _WANTED, "max_length": _WANTED},
    )


@require_safe
@agent_required(READ_PAYMENTS)
def incidents(request: DoorRequest) -> HttpResponse:
    """What is to be looked at, the oldest first, and what was noted."""
    return _show(request)


@require_POST
@agent_required(RECONCILE)
def note(request: DoorRequest, attempt_id: int, kind: str) -> HttpResponse:
    """Note that an incident was looked at."""
    actor = agent_of_all(request)
    found = PaymentAttempt.objects.filter(pk=attempt_id).first()
    if found is None or kind not in IncidentNote.Kind.values:
        raise Http404
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _show(request, refused=str(next(iter(form.errors["note"]))), status=400)
    written = form.cleaned_data["note"]
    try:
        acknowledge(attempt=found, kind=IncidentNote.Kind(kind), note=written, by=actor, at=clock.now())
    except IncidentRefused:
        return _show(request, refused=str(words.REFUSED["gone"]), status=400)
    return saying.done(reverse("billing_office:incidents"), "note")


def _show(request: DoorRequest, *, refused: str = "", status: int = 200) -> HttpResponse:
    agent_of_all(request)
    page = Paginator(reads.opened(now=clock.now()), PER_PAGE).get_page(request.GET.get("page"))
    facts: dict[str, Any] = {
        "page": page,
        "rows": reads.of(page.object_list),
        "seen": reads.seen(),
        "may_note": allowed(request.actor, RECONCILE),
        "refused": refused,
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/incidents.html", facts, status=status)
