"""The counter: a family's bookings, as an agent changes them; the journal of its changes and its receipts."""

import logging
import uuid
from collections.abc import Collection, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from booking import catalogue, planning_form, planning_page, queries, recap
from booking.models import Attendance, Receipt
from booking.planning_page import Counter, Shown
from booking.recap import Recap
from booking.rights import BOOK_AT_COUNTER, READ_ABSENCES, READ_COUNTER, READ_DAY, own_activities
from booking.rules.planning import NO_POWERS, Cell
from booking.services import counter
from booking.services.bookings import ForeignJeton
from booking.views import asking
from booking.views.agents.days import day_asked
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.access import children_at, sits_there
from lps.families.models import Household
from lps.families.queries.children import ChildAtSchool, children_of
from lps.families.views.agents.frame import frame, household_or_404
from lps.journal.actors import Actor
from lps.ui import saying
from tenants import context
from tenants.town import queries as town

log = logging.getLogger(__name__)
REASON = "motif"
SAID = {
    "envoye": _("Le reçu part par e-mail à la famille."),
    "sans-adresse": _("La mairie ne connaît aucune adresse e-mail de cette famille : imprimez le reçu."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(READ_COUNTER)
def bookings(request: DoorRequest, household_id: int) -> HttpResponse:
    """The planning of one child of a family, as its parents see it; a POST saves what the agent changed."""
    household = household_or_404(request, household_id, READ_COUNTER)
    children = _children(request, household)
    child = _chosen(request, children)
    if request.method == "POST":
        household_or_404(request, household_id, BOOK_AT_COUNTER)
        if child is None:
            raise Http404
        return _save(request, household, children, child)
    saved = _receipt_asked(request, household, child)
    return _show(request, household, children, child, saved=saved, told=_recap_of(request, saved) if saved else None)


@require_safe
@agent_required(READ_COUNTER)
def journal(request: DoorRequest, household_id: int) -> HttpResponse:
    """What changed for the children of a family: when, by whom, through which door, why; of one day when asked."""
    household = household_or_404(request, household_id, READ_COUNTER)
    children = [one.child.pk for one in _children(request, household)]
    asked = request.GET.get("jour", "")
    day, is_bad = day_asked(asked) if asked else (None, False)
    day = None if is_bad else day
    entries = queries.journal_of_family(
        household=household,
        children=children,
        day=day,
        activities=own_activities(request.actor),
        kept=isinstance(request.actor, Agent) and bool(request.actor.sites),
        before=asking.before(request),
    )
    shown = entries[: queries.JOURNAL_PAGE]
    rows = [
        (entry, recap.line_of(entry), entry.household_id == household.pk, recap.done_by(entry.receipt))
        for entry in shown
    ]
    older = shown[-1].pk if len(entries) > len(shown) else None
    facts = {**frame(request, household), "rows": rows, "older": older, "day": day, "bad_day": is_bad}
    return render(request, "booking/office/journal.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(READ_COUNTER)
def receipt(request: DoorRequest, household_id: int, number: str) -> HttpResponse:
    """One receipt of a family, to print; a POST sends it to the addresses that the town knows.

    An agent kept to some activities reads what it says of these; the family is sent it whole. To one kept to some
    schools, that of a sibling of another is not there.
    """
    household = household_or_404(request, household_id, READ_COUNTER)
    found = queries.receipt_of(household=household, number=number)
    told = _recap_of(request, found) if found else None
    if found is None or told is None or not sits_there(request.actor, found.child_id, day=_today(request)):
        raise Http404
    if request.method == "POST":
        household_or_404(request, household_id, BOOK_AT_COUNTER)
        sent = counter.send_receipt(receipt=found, by=_actor(request))
        return saying.done(request.path, "envoye" if sent else "sans-adresse")
    facts = {
        **frame(request, household),
        "receipt": found,
        "recap": told,
        "by": recap.done_by(found),
        "may_send": allowed(request.actor, BOOK_AT_COUNTER),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/receipt.html", facts)


def _save(
    request: DoorRequest, household: Household, children: Sequence[ChildAtSchool], child: ChildAtSchool
) -> HttpResponse:
    reason = " ".join(request.POST.get(REASON, "").replace("\x00", "").split())
    if len(reason) > counter.REASON_LENGTH:
        error = _("Ce motif est trop long : %(most)s signes au plus.") % {"most": counter.REASON_LENGTH}
        return _again(request, household, children, child, reason=reason[: counter.REASON_LENGTH], error=str(error))
    try:
        sent = planning_form.read(
            request.POST, request.POST.getlist(planning_form.BOX), child=child.child, household=household
        )
        saved = counter.book_at_counter(
            child=child.child,
            household=household,
            changes=sent.changes,
            by=_actor(request),
            received_at=request.received_at,
            jeton=sent.jeton,
            reason=reason,
        )
    except (planning_form.BadForm, ForeignJeton) as error:
        log.warning("form refused: %s", error)
        return _show(request, household, children, child, bad_form=True, status=400)
    except counter.NotTheirs as error:
        raise PermissionDenied from error
    if saved.needs_reason:
        words = _("Écrivez le motif : un de ces jours ne peut plus être changé par la famille elle-même.")
        return _again(request, household, children, child, reason="", error=str(words))
    if saved.receipt is None:
        told = recap.without_receipt(saved.refused, catalogue.read())
        return _show(request, household, children, child, told=told)
    return HttpResponseRedirect(f"{request.path}{_place(request, child, recu=saved.receipt.number)}")


def _again(
    request: DoorRequest,
    household: Household,
    children: Sequence[ChildAtSchool],
    child: ChildAtSchool,
    *,
    reason: str,
    error: str,
) -> HttpResponse:
    """The form as it was filled in, with what is wrong; nothing is saved."""
    try:
        ticked = {planning_form.read_box(box) for box in request.POST.getlist(planning_form.BOX)}
    except planning_form.BadForm:
        return _show(request, household, children, child, bad_form=True, status=400)
    return _show(request, household, children, child, ticked=ticked, reason=reason, error=error, status=400)


def _show(
    request: DoorRequest,
    household: Household,
    children: Sequence[ChildAtSchool],
    child: ChildAtSchool | None,
    *,
    saved: Receipt | None = None,
    told: Recap | None = None,
    ticked: Collection[Cell] | None = None,
    reason: str = "",
    error: str = "",
    bad_form: bool = False,
    status: int = 200,
) -> HttpResponse:
    shown: dict[str, Any] = {**frame(request, household), "children": children, "child": child}
    if child is not None:
        shown |= _planning(request, household, child, ticked)
    shown |= {
        "recap": told,
        "seen": _canceled_though_seen(request, saved) if saved and told else [],
        "reason": reason,
        "reason_length": counter.REASON_LENGTH,
        "error": error,
        "bad_form": bad_form,
        "jeton": uuid.uuid4(),
        "now": request.received_at,
    }
    return render(request, "booking/office/bookings.html", shown, status=status)


def _planning(
    request: DoorRequest, household: Household, child: ChildAtSchool, ticked: Collection[Cell] | None
) -> dict[str, Any]:
    zone, facts, today = context.current().zone, catalogue.read(), _today(request)
    first, is_bad_week = asking.week(request.GET.get("semaine", ""), today)
    group = request.GET.get("groupe", "")
    own = facts.kept_to(own_activities(request.actor))
    groups = tuple(one for one in own if one.slug == group) or own
    shown = Shown(child_code="", first=first, number=town.settings().weeks_shown, groups=groups)
    since = counter.first_day_to_correct(today)
    powers = counter.powers_of(request.actor)
    page = planning_page.build(
        child=child.child,
        household=household,
        shown=shown,
        catalogue=facts,
        zone=zone,
        now=request.received_at,
        counter=Counter(
            powers=powers,
            since=since,
            may=_may(request),
            ticked=ticked,
            read_only=not allowed(request.actor, BOOK_AT_COUNTER),
            tells_absences=allowed(request.actor, READ_ABSENCES),
        ),
    )
    chosen = group if len(shown.groups) == 1 else ""
    at = partial(asking.query, group=chosen, enfant=child.child.pk)
    return {
        "page": page,
        "groups": own,
        "group": chosen,
        "today": today,
        "week": first,
        "since": since,
        "may_pass_over": powers != NO_POWERS,
        "bad_week": is_bad_week,
        "here": at(first),
        "previous": at(first.shifted(-shown.number)),
        "present": at(None),
        "next": at(first.shifted(shown.number)),
        "elsewhere": asking.query(first, chosen),
    }


def _may(request: DoorRequest) -> Any:
    """Whether the agent books at a school and an activity, asked once for each."""
    known: dict[tuple[int | None, int], bool] = {}

    def may(site_id: int | None, activity_id: int) -> bool:
        key = (site_id, activity_id)
        if key not in known:
            known[key] = counter.may_change(request.actor, site_id=site_id, activity_id=activity_id)
        return known[key]

    return may


def _children(request: DoorRequest, household: Household) -> Sequence[ChildAtSchool]:
    """The children of the household, but for those of schools that are not the agent's."""
    day = _today(request)
    return children_at(request.actor, children_of(household=household, day=day), day=day)


def _chosen(request: DoorRequest, children: Sequence[ChildAtSchool]) -> ChildAtSchool | None:
    """The child asked for, the first one by default, None in a family without any; 404 for another's."""
    asked = request.GET.get("enfant", "")
    if not asked:
        return children[0] if children else None
    pk = asking.key(asked)
    found = next((one for one in children if one.child.pk == pk), None)
    if found is None:
        raise Http404
    return found


def _place(request: DoorRequest, child: ChildAtSchool, **more: object) -> str:
    """Where one was in the planning, for the address to come back to."""
    kept = {name: request.GET[name] for name in ("semaine", "groupe") if name in request.GET}
    return asking.query(None, "", **kept, enfant=child.child.pk, **more)


def _receipt_asked(request: DoorRequest, household: Household, child: ChildAtSchool | None) -> Receipt | None:
    """The save that was just done for this child."""
    if "recu" not in request.GET or child is None:
        return None
    found = queries.receipt_of(household=household, number=request.GET["recu"])
    return found if found and found.child_id == child.child.pk else None


def _canceled_though_seen(request: DoorRequest, saved: Receipt) -> list[tuple[Attendance, bool]]:
    """Days just canceled on which the roll says present, each with whether the agent opens that roll."""
    seen = queries.canceled_though_seen(saved, only=own_activities(request.actor))
    return [(one, allowed(request.actor, READ_DAY, one.service_day)) for one in seen]


def _recap_of(request: DoorRequest, found: Receipt) -> Recap | None:
    """What a receipt says of the agent's activities, None when it is about others alone."""
    only = own_activities(request.actor)
    told = recap.of_receipt(found, catalogue.read(), only=only)
    return None if only and told.is_empty else told


def _today(request: DoorRequest) -> date:
    return request.received_at.astimezone(context.current().zone).date()


def _actor(request: DoorRequest) -> Actor:
    assert request.actor is not None
    return request.actor
