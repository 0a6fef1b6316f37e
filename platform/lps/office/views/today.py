"""The agents' page of the day, and the lists behind what it says must be looked at."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

from booking import overview
from booking.overview import NextClosing, Reach
from booking.rights import CALL_ROLL
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.rights import OPEN_FAMILY
from lps.kernel import clock
from lps.office import announcements, dashboard, watching
from tenants import context

PER_PAGE = 50


@require_GET
@agent_required("office.enter")
def today(request: DoorRequest) -> HttpResponse:
    """Good morning: today's numbers, the next deadline, the meals to come, what is to be looked at."""
    agent, commune = _agent(request), context.current()
    facts = {
        "commune": commune,
        "today": clock.today(commune.zone),
        "name": agent.label,
        "announcements": announcements.unread(request),
        "board": dashboard.read(agent, now=clock.now()),
        "may_call": allowed(agent, CALL_ROLL),
    }
    return render(request, "office/today.html", facts)


@require_POST
@agent_required("office.enter")
def notice_read(request: DoorRequest, notice_id: int) -> HttpResponse:
    """The vendor's announcement was read: this browser shows it no more."""
    response = HttpResponseRedirect(reverse("office:today"))
    read = {*announcements.read_in(request), notice_id} & {one.pk for one in announcements.all_of()}
    announcements.remember(response, read)
    return response


@require_safe
@agent_required("office.enter")
def watch(request: DoorRequest, slug: str) -> HttpResponse:
    """One of the lists to look at, with where each line is mended."""
    agent, now = _agent(request), clock.now()
    known = watching.LISTS.get(slug)
    if known is None or known.page:
        raise Http404
    if not allowed(agent, known.right):
        raise PermissionDenied
    asked = watching.asked_by(agent, now=now, closing=_closing(agent, now) if slug == watching.SILENT else None)
    seen = slug in watching.seen_by(agent, asked)
    rows: list[Any] | QuerySet[Any] = known.rows(asked).order_by(*known.order) if seen else []
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "watch": known,
        "page": page,
        "lines": known.lines(list(page.object_list), asked),
        "may_open": allowed(agent, OPEN_FAMILY),
    }
    return render(request, "office/watch.html", facts)


def _closing(agent: Agent, now: datetime) -> NextClosing | None:
    return overview.next_closing(now=now, reach=Reach(sites=agent.sites, activities=agent.activities))


def _agent(request: DoorRequest) -> Agent:
    assert isinstance(request.actor, Agent)
    return request.actor
