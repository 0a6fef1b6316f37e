"""Parents' pages: the planning and its save, the journal, the receipts."""

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from booking import catalogue, planning_form, planning_page, queries, sentences
from booking.catalogue import Catalogue
from booking.models import JournalEntry, Receipt
from booking.rules.weeks import Week, WeekError
from booking.services.bookings import ForeignJeton, Saved, change_bookings, written_refusal
from lps.families.decorators import household_required
from lps.families.identity import FamilyRequest, actor_of
from lps.families.queries import ChildAtSchool, children_of
from lps.journal.channels import Channel
from tenants import context
from tenants.town import queries as town

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """A change as the recap writes it: "Annulation : Transport scolaire 16h30, lundi 13/10/2014"."""

    verb: str
    activity: str
    day: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recap:
    """What a save did, shown above the planning; `receipt` is None when nothing changed."""

    receipt: Receipt | None
    changed: Sequence[Line]
    refused: Sequence[Line]


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
def planning(request: FamilyRequest, code: str) -> HttpResponse:
    """The weeks of a child's planning; a POST saves what was changed on them."""
    children = _children(request)
    child = _own(children, code)
    facts = catalogue.read()
    if request.method == "POST":
        return _save(request, children, child, facts)
    recap = _recap_of_number(request, child, facts) if "recu" in request.GET else None
    return _show(request, children, child, facts, recap=recap)


@require_GET
@household_required
def modifications(request: FamilyRequest, code: str) -> HttpResponse:
    """What changed in a child's planning, when, and through which door."""
    child = _own(_children(request), code)
    before = _before(request)
    entries = queries.journal_of(child=child.child, household=request.household, before=before)
    shown = entries[: queries.JOURNAL_PAGE]
    for entry in shown:
        entry.line = _line_of(entry)  # type: ignore[attr-defined]
        entry.is_own = entry.household_id == request.household.pk  # type: ignore[attr-defined]
    older = shown[-1].pk if len(entries) > len(shown) else None
    return render(request, "booking/modifications.html", {"child": child, "entries": shown, "older": older})


@require_GET
@household_required
def receipts(request: FamilyRequest) -> HttpResponse:
    """The household's receipts, newest first."""
    found = queries.receipts_of(request.household, before=_before(request))
    shown = found[: queries.JOURNAL_PAGE]
    older = shown[-1].pk if len(found) > len(shown) else None
    return render(request, "booking/receipts.html", {"receipts": shown, "older": older})


@require_GET
@household_required
def receipt(request: FamilyRequest, number: str) -> HttpResponse:
    """One receipt, to print and to quote."""
    found = queries.receipt_of(household=request.household, number=number)
    if found is None:
        raise Http404
    recap = _recap_of_receipt(found, catalogue.read())
    return render(request, "booking/receipt.html", {"receipt": found, "recap": recap})


def _save(
    request: FamilyRequest, children: Sequence[ChildAtSchool], child: ChildAtSchool, facts: Catalogue
) -> HttpResponse:
    try:
        sent = planning_form.read(
            request.POST, request.POST.getlist(planning_form.BOX), child=child.child, household=request.household
        )
        saved = change_bookings(
            child=child.child,
            household=request.household,
            changes=sent.changes,
            by=actor_of(request.household),
            channel=Channel.WEB,
            received_at=request.received_at,
            jeton=sent.jeton,
        )
    except (planning_form.BadForm, ForeignJeton) as error:
        log.warning("planning form refused: %s", error)
        page = _show(request, children, child, facts, bad_form=True)
        return HttpResponseBadRequest(page.content)
    if saved.receipt is None:
        return _show(request, children, child, facts, recap=_recap_without_receipt(saved, facts))
    query = {name: request.GET[name] for name in ("semaine", "groupe") if name in request.GET}
    return HttpResponseRedirect(f"{request.path}?{urlencode({**query, 'recu': saved.receipt.number})}")


def _show(
    request: FamilyRequest,
    children: Sequence[ChildAtSchool],
    child: ChildAtSchool,
    facts: Catalogue,
    *,
    recap: Recap | None = None,
    bad_form: bool = False,
) -> HttpResponse:
    zone = context.current().zone
    today = request.received_at.astimezone(zone).date()
    group = request.GET.get("groupe", "")
    wanted, is_bad_week = _week(request.GET.get("semaine", ""), today)
    shown = planning_page.Shown(first=wanted, number=town.settings().weeks_shown, groups=facts.of_group(group))
    page = planning_page.build(
        child=child.child,
        household=request.household,
        shown=shown,
        catalogue=facts,
        zone=zone,
        now=request.received_at,
    )
    chosen = group if len(shown.groups) == 1 else ""
    return render(
        request,
        "booking/planning.html",
        {
            "child": child,
            "children": children,
            "groups": facts.groups,
            "group": chosen,
            "page": page,
            "today": today,
            "now": request.received_at,
            "jeton": uuid.uuid4(),
            "recap": recap,
            "bad_form": bad_form,
            "bad_week": is_bad_week,
            "bad_group": bool(group) and not chosen,
            "here": _address(child.code, shown.first, chosen),
            "previous": _address(child.code, shown.first.shifted(-shown.number), chosen),
            "present": _address(child.code, None, chosen),
            "next": _address(child.code, shown.first.shifted(shown.number), chosen),
            "week": shown.first,
        },
    )


def _children(request: FamilyRequest) -> list[ChildAtSchool]:
    day = request.received_at.astimezone(context.current().zone).date()
    return children_of(household=request.household, day=day)


def _own(children: Iterable[ChildAtSchool], code: str) -> ChildAtSchool:
    """The household's child of that code; any other is the same 404."""
    found = next((child for child in children if child.code == code), None)
    if found is None:
        raise Http404
    return found


def _week(asked: str, today: date) -> tuple[Week, bool]:
    """The week asked for, the current one by default; whether what was asked is no week."""
    if not asked:
        return Week.of(today), False
    try:
        return Week.parse(asked), False
    except WeekError:
        return Week.of(today), True


def _address(code: str, week: Week | None, group: str) -> str:
    query = {"semaine": str(week)} if week else {}
    if group:
        query["groupe"] = group
    path = reverse("booking:planning", args=[code])
    return f"{path}?{urlencode(query)}" if query else path


def _before(request: FamilyRequest) -> int | None:
    """Where the next page of a list starts; anything unreadable is the first page."""
    asked = request.GET.get("avant", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 18 else None


def _recap_of_number(request: FamilyRequest, child: ChildAtSchool, facts: Catalogue) -> Recap | None:
    found = queries.receipt_of(household=request.household, number=request.GET["recu"])
    return _recap_of_receipt(found, facts) if found and found.child_id == child.child.pk else None


def _recap_of_receipt(found: Receipt, facts: Catalogue) -> Recap:
    changed = [_line_of(entry) for entry in found.entries.order_by("day", "pk")]
    return Recap(found, changed, [_refused_line(written, facts) for written in found.refused])


def _recap_without_receipt(saved: Saved, facts: Catalogue) -> Recap:
    return Recap(None, (), [_refused_line(written_refusal(*refused), facts) for refused in saved.refused])


def _line_of(entry: JournalEntry) -> Line:
    return Line(_verb(entry.after), entry.activity_name, entry.day)


def _refused_line(written: dict[str, object], facts: Catalogue) -> Line:
    """A refusal read back from where it is kept; the activity may have gone since."""
    activity = facts.activities.get(int(str(written["activity"])))
    details = written["facts"]
    assert isinstance(details, dict)
    reason = sentences.refusal_sentence(str(written["code"]), details, zone=context.current().zone)
    name = activity.name if activity else _("activité supprimée")
    return Line(_verb(bool(written["wanted"])), name, date.fromisoformat(str(written["day"])), reason)


def _verb(booked: bool) -> str:
    return _("Réservation") if booked else _("Annulation")
