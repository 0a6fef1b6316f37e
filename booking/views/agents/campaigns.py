"""Préinscription campaigns: the list, making one, changing it while it is closed, opening and closing it."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import campaigns as reads
from booking.forms.campaigns import CampaignForm, OpenForm, campaign_initial
from booking.models import Campaign
from booking.rights import READ_ANSWERS, RUN_CAMPAIGNS
from booking.rules.campaigns import Phase
from booking.services import campaigns as services
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.ui import saying
from tenants import context

PER_PAGE = 30
SAID = {
    "creee": _("La campagne est prête. Les familles la verront dès son ouverture."),
    "changee": _("La campagne est changée."),
    "ouverte": _("La campagne est ouverte : les familles peuvent répondre."),
    "close": _("La campagne est close : les familles ne peuvent plus répondre."),
}


@require_safe
@agent_required(READ_ANSWERS)
def campaigns(request: DoorRequest) -> HttpResponse:
    """Every campaign of this agent's activities, the latest first, with the answers of its schools counted."""
    agent = request.actor
    assert isinstance(agent, Agent)
    today = request.received_at.astimezone(context.current().zone).date()
    rows = reads.all_campaigns(today=today, sites=agent.sites, activities=agent.activities)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": page,
        "rows": [(one, reads.phase(one, at=request.received_at).value) for one in page.object_list],
        "may_run": may_run(request),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/campaigns.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(RUN_CAMPAIGNS)
def new(request: DoorRequest) -> HttpResponse:
    """Make a campaign."""
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(RUN_CAMPAIGNS)
def edit(request: DoorRequest, campaign_id: int) -> HttpResponse:
    """Change a campaign that families are not answering."""
    _runner(request)
    return _form(request, campaign_or_404(campaign_id))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(RUN_CAMPAIGNS)
def open_now(request: DoorRequest, campaign_id: int) -> HttpResponse:
    """Take answers from now on, until the instant chosen."""
    actor, campaign, now = _runner(request), campaign_or_404(campaign_id), request.received_at
    if reads.phase(campaign, at=now) is Phase.OPEN:
        return saying.done(path_of(campaign), "ouverte")
    form = OpenForm(request.POST if request.method == "POST" else None, now=now, initial=_until(campaign, request))
    if form.is_valid():
        services.open_now(campaign=campaign, closes_at=form.closes_at, by=actor, at=now)
        return saying.done(path_of(campaign), "ouverte")
    facts = {"campaign": campaign, "form": form}
    return render(request, "booking/office/campaign_open.html", facts, status=400 if form.is_bound else 200)


@require_POST
@agent_required(RUN_CAMPAIGNS)
def close_now(request: DoorRequest, campaign_id: int) -> HttpResponse:
    """Take no answer any more."""
    actor, campaign = _runner(request), campaign_or_404(campaign_id)
    services.close_now(campaign=campaign, by=actor, at=request.received_at)
    return saying.done(path_of(campaign), "close")


def campaign_or_404(pk: int) -> Campaign:
    """The campaign with its activities."""
    found = Campaign.objects.prefetch_related("activities").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def path_of(campaign: Campaign) -> str:
    """Where a campaign's answers are."""
    return reverse("booking_office:campaign", args=[campaign.pk])


def may_run(request: DoorRequest) -> bool:
    """Whether this agent runs campaigns: they reach every family, so one kept to some places may not."""
    actor = request.actor
    return isinstance(actor, Agent) and not (actor.sites or actor.activities) and allowed(actor, RUN_CAMPAIGNS)


def _runner(request: DoorRequest) -> Agent:
    if not may_run(request):
        raise PermissionDenied
    assert isinstance(request.actor, Agent)
    return request.actor


def _form(request: DoorRequest, campaign: Campaign | None) -> HttpResponse:
    actor, now = _runner(request), request.received_at
    today = now.astimezone(context.current().zone).date()
    is_open = campaign is not None and reads.phase(campaign, at=now) is Phase.OPEN
    form = CampaignForm(
        request.POST if request.method == "POST" else None, initial=campaign_initial(campaign, today=today)
    )
    if form.is_valid() and not is_open:
        try:
            if campaign is None:
                made = services.create(spec=form.spec, by=actor, at=now)
                return saying.done(path_of(made), "creee")
            services.change(campaign=campaign, spec=form.spec, by=actor, at=now)
            return saying.done(path_of(campaign), "changee")
        except services.CampaignOpen:
            is_open = True
    facts = {"campaign": campaign, "form": form, "is_open": is_open}
    return render(request, "booking/office/campaign_form.html", facts, status=400 if form.is_bound else 200)


def _until(campaign: Campaign, request: DoorRequest) -> dict[str, object]:
    """The end foreseen, when it is still to come."""
    if campaign.closes_at <= request.received_at:
        return {}
    closes = campaign.closes_at.astimezone(context.current().zone)
    return {"closes_day": closes.date(), "closes_hour": closes.time()}
