"""Days and places of an activity, a month at a time; days set by hand once their effect was read."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from booking import catalogue_page, places_page
from booking.forms.catalogue import PlacesForm
from booking.models import Activity
from booking.places_page import Month
from booking.rights import CHANGE_CATALOGUE, READ_CATALOGUE, Reach
from booking.services import places as services
from booking.views.agents.activities import ACCEPT, MEND, STEP, activity_or_404, today
from booking.views.agents.catalogue import actor_of
from lps.accounts.decorators import agent_required
from lps.accounts.gates import theirs_or_404
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.queries.school import schools
from lps.ui import saying

SAID = {"places": _("C'est enregistré : les familles voient ces jours dès maintenant.")}


@require_safe
@agent_required(READ_CATALOGUE)
def places(request: DoorRequest, activity_id: int) -> HttpResponse:
    """A month of an activity at a school."""
    activity = _activity(request, activity_id, READ_CATALOGUE)
    return _shown(request, activity, _form(request, activity, sent=False))


@require_POST
@agent_required(CHANGE_CATALOGUE)
def places_set(request: DoorRequest, activity_id: int) -> HttpResponse:
    """Set days by hand: what it does is shown, then it is done."""
    activity = _activity(request, activity_id, CHANGE_CATALOGUE)
    form, step = _form(request, activity, sent=True), request.POST.get(STEP)
    if not form.is_valid():
        return _shown(request, activity, form, status=400)
    if step == MEND:
        return _shown(request, activity, form)
    if step != ACCEPT:
        return _previewed(request, activity, form)
    services.set_days(wish=form.wish, by=actor_of(request), at=request.received_at)
    month = f"?mois={form.wish.first_day:%Y-%m}&ecole={form.wish.sites[0]}" if form.wish.sites else ""
    return saying.done(reverse("booking_office:places", args=[activity.pk]) + month, "places")


def _activity(request: DoorRequest, pk: int, action: str) -> Activity:
    """The activity, if this agent works there."""
    found = activity_or_404(pk)
    return theirs_or_404(
        request.actor, action, found, lambda one: allowed(request.actor, action, Reach(activity_id=one.pk))
    )


def _form(request: DoorRequest, activity: Activity, *, sent: bool) -> PlacesForm:
    found = _schools(request)
    return PlacesForm(
        request.POST if sent else None,
        activity=activity,
        schools=found,
        today=today(request),
        initial={"places": activity.places, "school": _site(request, found)},
    )


def _schools(request: DoorRequest) -> list[tuple[int, str]]:
    """The schools in which this agent works."""
    kept = actor_of(request).sites
    return [(site.pk, site.name) for site in schools() if not kept or site.pk in kept]


def _site(request: DoorRequest, found: list[tuple[int, str]]) -> int | None:
    """The school asked for, the first one by default."""
    asked = request.GET.get("ecole", "")
    known = {str(pk): pk for pk, _name in found}
    return known.get(asked, found[0][0] if found else None)


def _shown(request: DoorRequest, activity: Activity, form: PlacesForm, *, status: int = 200) -> HttpResponse:
    found = list(form.schools)
    site_id, month = _site(request, found), Month.asked(request.GET.get("mois", ""), today=today(request))
    lines = (
        places_page.lines(activity, site_id=site_id, month=month, at=request.received_at) if site_id is not None else []
    )
    closed = places_page.closed_by(activity, site_id=site_id, month=month) if site_id is not None else {}
    facts = {
        "activity": activity,
        "form": form,
        "weeks": places_page.weeks(month, lines, closed),
        "schools": found,
        "site_id": site_id,
        "site_name": dict(found).get(site_id or 0, ""),
        "month": month,
        "lines": lines,
        "when": catalogue_page.when_words(activity),
        "may_change": allowed(request.actor, CHANGE_CATALOGUE, Reach(activity_id=activity.pk)) and bool(found),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/places.html", facts, status=status)


def _previewed(request: DoorRequest, activity: Activity, form: PlacesForm) -> HttpResponse:
    decided = services.preview(form.wish)
    facts = {
        "activity": activity,
        "form": form,
        "effects": places_page.effects(decided),
        "left": decided.left,
        "listed": catalogue_page.LISTED,
    }
    return render(request, "booking/office/places_preview.html", facts)
