"""Requests of families about their personal data."""

from datetime import date

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families import services
from lps.families.access import may_at_all
from lps.families.forms.door import AnswerForm
from lps.families.queries.households import data_requests
from lps.families.rights import ANSWER_REQUESTS, ERASE_FAMILY
from lps.families.services import AlreadyAnswered
from lps.families.views.agents.frame import agent_of, household_or_404
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context

PER_PAGE = 50
DONE = "fait"


@require_safe
@agent_required(ANSWER_REQUESTS)
def requests(request: DoorRequest) -> HttpResponse:
    """What families asked, those to answer first; of its own schools alone, to an agent kept to some."""
    rows = data_requests(day=_today(), sites=agent_of(request).sites)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "families/office/requests.html", {"page": page, "done": DONE in request.GET})


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(ANSWER_REQUESTS)
def answer(request: DoorRequest, request_id: int) -> HttpResponse:
    """One request, and its answer."""
    asked = get_object_or_404(data_requests(day=_today()), pk=request_id)
    household_or_404(request, asked.household_id, ANSWER_REQUESTS)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    may_erase = may_at_all(request.actor, ERASE_FAMILY, asked.household, day=_today())
    facts = {"asked": asked, "form": form, "late": False, "may_erase": may_erase}
    if form.is_valid():
        assert request.actor is not None
        try:
            services.answer_data_request(
                asked=asked, words=form.cleaned_data["answer"], by=request.actor, channel=Channel.OFFICE
            )
        except AlreadyAnswered:
            asked.refresh_from_db()
            return render(request, "families/office/request.html", {**facts, "late": True})
        return HttpResponseRedirect(f"{reverse('families_office:requests')}?{DONE}=1")
    return render(request, "families/office/request.html", facts)


def _today() -> date:
    return clock.today(context.current().zone)
