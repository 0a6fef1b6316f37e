"""Parents' pages: the planning and its save, the journal, the receipts."""

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from booking import catalogue, periods_page, planning_form, planning_page, queries, recap, sentences
from booking.catalogue import Catalogue
from booking.models import Receipt
from booking.recap import Recap
from booking.rules.periods import NotOffered
from booking.rules.planning import Cell, Change
from booking.rules.weeks import Week, WeekError
from booking.services.bookings import ForeignJeton, Saved, change_bookings
from booking.services.periods import choose_period
from booking.views import asking
from lps.families.decorators import household_required
from lps.families.identity import FamilyRequest
from lps.families.queries.children import ChildAtSchool, children_of
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from tenants import context
from tenants.town import queries as town

log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
def planning(request: FamilyRequest, code: str) -> HttpResponse:
    """The weeks of a child's planning; a POST saves what was changed on them."""
    children = _children(request)
    child = _own(children, code)
    facts = catalogue.read()
    if request.method == "POST":
        return _save(request, children, child, facts)
    return _show(request, children, child, facts, told=_recap_asked(request, child, facts))


@require_safe
@household_required
def week(request: FamilyRequest, week: str) -> HttpResponse:
    """The link of a reminder: that week of the first child's planning, once signed in. It holds no code."""
    try:
        asked = Week.parse(week)
    except WeekError as error:
        raise Http404 from error
    children = _children(request)
    if not children:
        return HttpResponseRedirect(reverse("families:children"))
    address = reverse("booking:planning", args=[children[0].code])
    return HttpResponseRedirect(f"{address}{asking.query(asked, '')}")


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
def period(request: FamilyRequest, code: str, period_id: int) -> HttpResponse:
    """Choose a period's weekdays, once; then the planning tells what was booked.

    Opened again without a form, as a telephone does with a page that it had put aside, it is the planning.
    """
    children = _children(request)
    child = _own(children, code)
    facts = catalogue.read()
    wanted = facts.period(period_id)
    if wanted is None:
        raise Http404
    if request.method != "POST":
        return _to_recap(request, child, None)
    try:
        ticked, changes = periods_page.ticked(request.POST), _changes_beside(request, child)
        saved = choose_period(
            period=wanted,
            child=child.child,
            household=request.household,
            chosen=periods_page.weekdays_of(ticked.get(period_id, ())),
            by=request.actor,
            channel=Channel.WEB,
            received_at=request.received_at,
            jeton=planning_form.read_jeton(request.POST, name=periods_page.JETON),
        )
    except (planning_form.BadForm, NotOffered, ForeignJeton) as error:
        return _bad_form(request, children, child, facts, error)
    if saved.refusal:
        zone = context.current().zone
        why = sentences.period_refusal_sentence(saved.refusal.code, saved.refusal.facts, zone=zone)
        kept = Unsaved(ticked=ticked, changes=changes, refused=(period_id, why))
        return _show(request, children, child, facts, told=_told(saved.refused, facts), unsaved=kept)
    others = {pk: boxes for pk, boxes in ticked.items() if pk != period_id}
    if others or changes:
        told = recap.of_receipt(saved.receipt, facts) if saved.receipt else None
        return _show(request, children, child, facts, told=told, unsaved=Unsaved(ticked=others, changes=changes))
    return _to_recap(request, child, saved.receipt)


@require_safe
@household_required
def modifications(request: FamilyRequest, code: str) -> HttpResponse:
    """What changed in a child's planning, when, and through which door."""
    child = _own(_children(request), code)
    before = asking.before(request)
    entries = queries.journal_of(child=child.child, household=request.household, before=before)
    shown = entries[: queries.JOURNAL_PAGE]
    for entry in shown:
        entry.line = recap.line_of(entry)  # type: ignore[attr-defined]
        entry.is_own = entry.household_id == request.household.pk  # type: ignore[attr-defined]
        entry.by = recap.done_by(entry.receipt) if entry.is_own else entry.get_channel_display()  # type: ignore[attr-defined]
    older = shown[-1].pk if len(entries) > len(shown) else None
    return render(request, "booking/modifications.html", {"child": child, "entries": shown, "older": older})


@require_safe
@household_required
def receipts(request: FamilyRequest) -> HttpResponse:
    """The household's receipts, newest first."""
    found = queries.receipts_of(request.household, before=asking.before(request))
    shown = found[: queries.JOURNAL_PAGE]
    older = shown[-1].pk if len(found) > len(shown) else None
    return render(request, "booking/receipts.html", {"receipts": shown, "older": older})


@require_safe
@household_required
def receipt(request: FamilyRequest, number: str) -> HttpResponse:
    """One receipt, to print and to quote."""
    found = queries.receipt_of(household=request.household, number=number)
    if found is None:
        raise Http404
    told = recap.of_receipt(found, catalogue.read())
    return render(request, "booking/receipt.html", {"receipt": found, "recap": told, "by": recap.done_by(found)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaved:
    """What the page's form held and its pressed button does not keep: drawn again, so that no tick is lost."""

    ticked: periods_page.Ticked = field(default_factory=dict)
    changes: Sequence[Change] = ()
    refused: tuple[int, str] | None = None


def _changes_beside(request: FamilyRequest, child: ChildAtSchool) -> tuple[Change, ...]:
    """What is changed in the planning while a period's button is pressed; nothing where no day can be changed."""
    boxes = request.POST.getlist(planning_form.BOX)
    if not boxes and planning_form.SEEN not in request.POST:
        return ()
    return planning_form.read_changes(request.POST, boxes, child=child.child, household=request.household)


def _save(
    request: FamilyRequest, children: Sequence[ChildAtSchool], child: ChildAtSchool, facts: Catalogue
) -> HttpResponse:
    try:
        sent = planning_form.read(
            request.POST, request.POST.getlist(planning_form.BOX), child=child.child, household=request.household
        )
        ticked = periods_page.ticked(request.POST)
        saved = change_bookings(
            child=child.child,
            household=request.household,
            changes=sent.changes,
            by=request.actor,
            channel=Channel.WEB,
            received_at=request.received_at,
            jeton=sent.jeton,
        )
    except (planning_form.BadForm, ForeignJeton) as error:
        return _bad_form(request, children, child, facts, error)
    beyond = _beyond(saved, sent.changes) if saved.replayed else ()
    if saved.receipt and not ticked and not beyond:
        return _to_recap(request, child, saved.receipt)
    told = recap.of_receipt(saved.receipt, facts) if saved.receipt else recap.without_receipt(saved.refused, facts)
    return _show(request, children, child, facts, told=told, unsaved=Unsaved(ticked=ticked, changes=beyond))


def _beyond(saved: Saved, sent: Sequence[Change]) -> tuple[Change, ...]:
    """What a form sent again asks otherwise than the first time: a browser brings back a page that was saved, ticks
    are changed on it, and the first receipt is no answer to these.
    """
    assert saved.receipt is not None
    done = {Cell(entry.activity_id, entry.day): entry.after for entry in saved.entries}
    refused = {Cell(one["activity"], date.fromisoformat(one["day"])) for one in saved.receipt.refused}
    asked = {change.cell for change in sent}
    more = [change for change in sent if change.cell not in done and change.cell not in refused]
    return (*more, *(Change(cell, wanted=not after) for cell, after in done.items() if cell not in asked))


def _bad_form(
    request: FamilyRequest, children: Sequence[ChildAtSchool], child: ChildAtSchool, facts: Catalogue, error: ValueError
) -> HttpResponse:
    log.warning("form refused: %s", error)
    return _show(request, children, child, facts, bad_form=True, status=400)


def _to_recap(request: FamilyRequest, child: ChildAtSchool, saved: Receipt | None) -> HttpResponse:
    """The planning again, at the same place, with what was saved: reloading it sends nothing."""
    query = {name: request.GET[name] for name in ("semaine", "groupe") if name in request.GET}
    number = {"recu": saved.number} if saved else {}
    return HttpResponseRedirect(f"{reverse('booking:planning', args=[child.code])}?{urlencode({**query, **number})}")


def _show(
    request: FamilyRequest,
    children: Sequence[ChildAtSchool],
    child: ChildAtSchool,
    facts: Catalogue,
    *,
    told: Recap | None = None,
    unsaved: Unsaved | None = None,
    bad_form: bool = False,
    status: int = 200,
) -> HttpResponse:
    zone, unsaved = context.current().zone, unsaved or Unsaved()
    today = request.received_at.astimezone(zone).date()
    group = request.GET.get("groupe", "")
    wanted, is_bad_week = asking.week(request.GET.get("semaine", ""), today)
    shown = planning_page.Shown(
        child_code=child.code, first=wanted, number=town.settings().weeks_shown, groups=facts.of_group(group)
    )
    page = planning_page.build(
        child=child.child,
        household=request.household,
        shown=shown,
        catalogue=facts,
        zone=zone,
        now=request.received_at,
        sent=unsaved.changes,
    )
    periods = periods_page.build(
        child=child,
        household=request.household,
        catalogue=facts,
        zone=zone,
        now=request.received_at,
        ticked=unsaved.ticked,
        refused=unsaved.refused,
    )
    chosen = group if len(shown.groups) == 1 else ""
    address = reverse("booking:planning", args=[child.code])
    return render(
        request,
        "booking/planning.html",
        {
            "child": child,
            "children": children,
            "groups": facts.offered,
            "group": chosen,
            "page": page,
            "periods": periods,
            "period_jeton": uuid.uuid4(),
            # The first period that is not kept takes the focus.
            "period_told": next((one.pk for one in periods if one.refused or one.is_unsaved), None),
            "today": today,
            "now": request.received_at,
            "jeton": uuid.uuid4(),
            "recap": told,
            "judged": "" if bad_form else _judged(request, told),
            "bad_form": bad_form,
            "bad_week": is_bad_week,
            "bad_group": bool(group) and not chosen,
            "here": address + asking.query(shown.first, chosen),
            "previous": address + asking.query(shown.first.shifted(-shown.number), chosen),
            "present": address + asking.query(None, chosen),
            "next": address + asking.query(shown.first.shifted(shown.number), chosen),
            "week": shown.first,
            "period_query": asking.query(shown.first, chosen),
        },
        status=status,
    )


def _judged(request: FamilyRequest, told: Recap | None) -> str:
    """The forms that this page answers, by their jetons: the browser need not keep their ticks any longer."""
    receipt = [str(told.receipt.jeton)] if told and told.receipt else []
    names = (planning_form.JETON, periods_page.JETON)
    return " ".join([*receipt, *(request.POST[name] for name in names if name in request.POST)])


def _children(request: FamilyRequest) -> list[ChildAtSchool]:
    day = request.received_at.astimezone(context.current().zone).date()
    return children_of(household=request.household, day=day)


def _own(children: Iterable[ChildAtSchool], code: str) -> ChildAtSchool:
    """The household's child of that code; any other is the same 404."""
    found = next((child for child in children if child.code == code), None)
    if found is None:
        raise Http404
    return found


def _recap_asked(request: FamilyRequest, child: ChildAtSchool, facts: Catalogue) -> Recap | None:
    """What the receipt named in the address did, if it is this child's and this household's."""
    if "recu" not in request.GET:
        return None
    found = queries.receipt_of(household=request.household, number=request.GET["recu"])
    return recap.of_receipt(found, facts) if found and found.child_id == child.child.pk else None


def _told(refused: Sequence[tuple[Change, Refusal]], facts: Catalogue) -> Recap | None:
    return recap.without_receipt(refused, facts) if refused else None
