"""The journal of calls: when, from whom (masked), how far, and what came of it."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from tenants import context
from voice import queries, words
from voice.models import Call
from voice.office_forms import CallsForm
from voice.rights import READ_VOICE

PER_PAGE = 50


@require_safe
@whole_town_required(READ_VOICE)
def calls(request: DoorRequest) -> HttpResponse:
    """The newest first, of a day or an outcome if asked."""
    form = CallsForm(request.GET)
    found = queries.calls().none()
    if form.is_valid():
        asked = form.cleaned_data
        found = queries.calls_of(day=asked["jour"], outcome=asked["issue"], zone=context.current().zone)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    facts = {
        "form": form,
        "page": page,
        "rows": [_row(call) for call in page.object_list],
        "asked": kept.urlencode(),
        "months": queries.settings().months_kept,
    }
    return render(request, "voice/office/calls.html", facts)


def _row(call: Call) -> dict[str, object]:
    return {
        "call": call,
        "outcome": words.OUTCOMES.get(call.outcome, call.outcome),
        "badge": words.BADGES.get(call.outcome, ""),
        "steps": words.told_steps(call.steps),
        "duration": words.duration(call.seconds),
    }
