"""Carrying the tariffs on to the next school year: by how much, every new price, then all of them at once."""

from collections.abc import Collection
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from billing import desk, words
from billing.forms.renewals import RenewalForm
from billing.rights import SET_TARIFFS
from billing.services import renewals as services
from billing.services.renewals import Renewal, RenewalRefused
from booking.models import Activity
from booking.services.days import school_year_of
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families.views.agents.frame import agent_of
from lps.kernel import clock
from lps.ui import saying
from lps.ui.forms import DayField
from tenants import context


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(SET_TARIFFS)
def renew(request: DoorRequest) -> HttpResponse:
    """The form; once sent, every new price; once these were seen, the tariffs."""
    own, today = _own(request), _today()
    if not desk.cash_offices():
        return saying.done(reverse("billing_office:office_new"), "dabord")
    activities = _activities(own)
    if request.method != "POST":
        return _page(request, RenewalForm(activities=activities, today=today, initial=_initial(activities, today)))
    form = RenewalForm(request.POST, activities=activities, today=today)
    if not form.is_valid():
        return _page(request, form, status=400)
    left_out = {one.pk for one in activities} - set(form.cleaned_data["activities"])
    asked: dict[str, Any] = {
        "since": form.cleaned_data["since"],
        "how": form.how,
        "with_extras": form.cleaned_data["with_extras"],
        "only": own,
        "left_out": left_out,
    }
    if request.POST.get("etape") != "enregistrer":
        return _previewed(request, form, asked)
    try:
        services.renew(**asked, known=form.cleaned_data["seen"], by=agent_of(request), at=clock.now())
    except RenewalRefused as error:
        return _previewed(request, form, asked, refused=words.RENEWALS[error.refusal.code], status=400)
    return saying.done(reverse("billing_office:tariffs"), "reconduit")


@require_POST
@agent_required(SET_TARIFFS)
def withdraw(request: DoorRequest) -> HttpResponse:
    """Take away all the tariffs that begin on a day to come."""
    own, today = _own(request), _today()
    since = _day(request.POST.get("jour", ""))
    try:
        if since is None:
            raise RenewalRefused("nothing")
        services.withdraw(since=since, today=today, by=agent_of(request), only=own)
    except RenewalRefused as error:
        activities = _activities(own)
        form = RenewalForm(activities=activities, today=today, initial=_initial(activities, today))
        return _page(request, form, refused=words.WITHDRAWALS[error.refusal.code], status=400)
    return saying.done(reverse("billing_office:tariffs"), "retires")


def _previewed(
    request: DoorRequest, form: RenewalForm, asked: dict[str, Any], *, status: int = 200, **more: Any
) -> HttpResponse:
    rows = services.renewals(**asked)
    sent = request.POST.copy()
    sent["seen"] = services.seen(rows)
    form.data = sent
    done = [one for one in rows if one.after]
    facts = {
        "rows": [(one, words.RENEWAL_LEFT.get(one.refusal, ""), _shown(one)) for one in rows],
        "number": len(done),
        "same": sum(one.is_same for one in done),
        "since": asked["since"],
    }
    return _page(request, form, status=status, **facts, **more)


def _shown(one: Renewal) -> list[tuple[Any, Any]]:
    """Each price with the name of what is not in the grid."""
    return [(change, words.PRICES.get(change.name, "")) for change in one.changes]


def _page(request: DoorRequest, form: RenewalForm, *, status: int = 200, **more: Any) -> HttpResponse:
    coming = services.to_come(today=_today(), only=_own(request)).select_related("activity")
    rows = sorted(coming.order_by("activity__name", "pk"), key=lambda one: one.valid_during.lower)
    days = [(day, list(own)) for day, own in groupby(rows, key=lambda one: one.valid_during.lower)]
    return render(request, "billing/office/renewal.html", {"form": form, "coming": days, **more}, status=status)


def _initial(activities: Collection[Activity], today: date) -> dict[str, Any]:
    """The next school year, all activities."""
    return {
        "since": school_year_of(today)[1] + timedelta(days=1),
        "step": "5",
        "with_extras": True,
        "activities": [one.pk for one in activities],
    }


def _activities(own: Collection[int]) -> list[Activity]:
    rows = Activity.objects.filter(retired_at__isnull=True)
    if own:
        rows = rows.filter(pk__in=list(own))
    return list(rows.order_by("group__order", "group", "order", "pk"))


def _own(request: DoorRequest) -> Collection[int]:
    """The activities that the agent is kept to, none for all; a price is of all schools."""
    actor = agent_of(request)
    if actor.sites:
        raise PermissionDenied
    return actor.activities


def _day(typed: str) -> date | None:
    try:
        return DayField(required=False).clean(typed)  # type: ignore[no-any-return]
    except ValidationError:
        return None


def _today() -> date:
    return clock.today(context.current().zone)
