"""Calling the roll on a tablet or a phone: the activities of a day, then one child a line, one tap a child."""

from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from booking import roll
from booking.models import Attendance, ServiceDay
from booking.rights import CALL_ROLL, READ_DAY, READ_HEALTH
from booking.services import attendance
from booking.views.agents.days import day_asked
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.gates import theirs_or_404
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.queries.care import contacts_of
from lps.families.queries.pupils import search_pupils
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from tenants import context


@require_safe
@agent_required(READ_DAY)
def days(request: DoorRequest) -> HttpResponse:
    """What is held on a day, with how many children are expected and seen."""
    agent = _agent(request)
    day, is_bad = day_asked(request.GET.get("jour", ""))
    held = roll.service_days_of(day, sites=agent.sites, activities=agent.activities)
    facts = {
        "day": day,
        "bad_day": is_bad,
        "rows": roll.counted(held),
        "previous": f"?jour={roll.step(day, -1)}",
        "next": f"?jour={roll.step(day, 1)}",
    }
    return render(request, "booking/office/days.html", facts)


@require_safe
@agent_required(READ_DAY)
def call(request: DoorRequest, service_day_id: int) -> HttpResponse:
    """The roll of an activity of a school on a day."""
    held = _held_or_404(request, service_day_id, READ_DAY)
    with_health = allowed(request.actor, READ_HEALTH, held)
    called = roll.read(held, with_health=with_health)
    if with_health and any(line.health for line in called.lines):
        _log_reading(request, held)
    facts = {
        "roll": called,
        "held": held,
        "may_call": allowed(request.actor, CALL_ROLL, held),
        "found": _found(request, called),
        "q": request.GET.get("q", ""),
    }
    return render(request, "booking/office/roll.html", facts)


@require_POST
@agent_required(CALL_ROLL)
def note(request: DoorRequest, service_day_id: int) -> HttpResponse:
    """One tap: a child is here, absent, excused; "" takes it back. A script gets JSON, a form the list again."""
    held = _held_or_404(request, service_day_id, CALL_ROLL)
    actor = _agent(request)
    children, state = _children(request), request.POST.get("etat", "")
    if state not in ("", *Attendance.State.values) or not children:
        return render(request, "400.html", status=400)
    if roll.may_be_noted(held, children) != set(children):
        raise Http404
    try:
        attendance.note(
            service_day=held,
            children=children,
            state=state,
            by=actor,
            at=clock.now(),
            arrived_at=_hour(request, "arrivee", held.day),
            left_at=_hour(request, "depart", held.day),
        )
    except (attendance.BadHours, ValueError):
        return render(request, "booking/office/bad_hours.html", {"held": held}, status=400)
    if request.headers.get("Accept") == "application/json":
        called = roll.read(held, with_health=False)
        return JsonResponse({"etat": state, "appeles": called.called, "presents": called.present})
    back = reverse("booking_office:call", args=[held.pk])
    return HttpResponseRedirect(f"{back}#enfant-{children[0]}" if len(children) == 1 else back)


@require_safe
@agent_required(READ_DAY)
def emergency(request: DoorRequest, service_day_id: int) -> HttpResponse:
    """The children present now, with whom to call and what to know: to print or to hold in the yard."""
    held = _held_or_404(request, service_day_id, READ_DAY)
    with_health = allowed(request.actor, READ_HEALTH, held)
    called = roll.read(held, with_health=with_health)
    present = [line for line in called.lines if line.state == Attendance.State.PRESENT and line.left_at is None]
    if with_health and any(line.health for line in present):
        _log_reading(request, held)
    contacts = contacts_of([line.child_id for line in present], day=held.day)
    rows = [(line, contacts.get(line.child_id, ())) for line in present]
    return render(request, "booking/office/emergency.html", {"held": held, "rows": rows, "now": clock.now()})


def _held_or_404(request: DoorRequest, pk: int, action: str) -> ServiceDay:
    """The service day, if this agent works there."""
    held = ServiceDay.objects.select_related("activity", "site").filter(pk=pk).first()
    return theirs_or_404(request.actor, action, held, partial(allowed, request.actor, action))


def _agent(request: DoorRequest) -> Agent:
    assert isinstance(request.actor, Agent)
    return request.actor


def _log_reading(request: DoorRequest, held: ServiceDay) -> None:
    """Health data: who read it, when, for which roll."""
    subject = f"service_day:{held.pk}"
    record(by=_agent(request), channel=Channel.OFFICE, action="health_read", subject=subject)


def _found(request: DoorRequest, called: roll.Roll) -> list[dict[str, Any]]:
    """Children to add to the roll whose name is asked for, those already on it left out."""
    asked = request.GET.get("q", "").strip()
    if len(asked) < 2:
        return []
    pupils = search_pupils(asked, day=called.service_day.day, site_id=called.service_day.site_id)
    return [pupil for pupil in pupils if pupil["pk"] not in called.by_child]


def _children(request: DoorRequest) -> list[int]:
    given = request.POST.getlist("enfant")
    return list(dict.fromkeys(int(key) for key in given if key.isascii() and key.isdigit() and len(key) < 19))


def _hour(request: DoorRequest, name: str, day: date) -> datetime | None:
    """An hour typed as 07:45, on the wall of the commune that day; raises ValueError for what is none."""
    written = request.POST.get(name, "").strip()
    return datetime.combine(day, time.fromisoformat(written), tzinfo=context.current().zone) if written else None
