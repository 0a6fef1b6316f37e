"""What every page of one family shares: the gate, the header, the tabs that apps to the left add."""

from functools import cache, partial
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from lps.accounts.actors import Agent
from lps.accounts.gates import theirs_or_404
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families import access
from lps.families.models import Child, Household
from lps.families.queries.children import child_in
from lps.families.queries.households import household_by_key
from lps.families.queries.pupils import sites_of_child
from lps.families.rights import OPEN_FAMILY
from lps.kernel import clock
from lps.ui.nav import NavItem, links
from tenants import context, offers


def household_or_404(request: DoorRequest, household_id: int, action: str = OPEN_FAMILY) -> Household:
    """The household of that key; for an agent kept to schools where none of its children goes, there is none."""
    day = clock.today(context.current().zone)
    return theirs_or_404(
        request.actor,
        action,
        household_by_key(pk=household_id),
        lambda found: access.may_open(request.actor, action, found, day=day),
    )


def child_or_404(request: DoorRequest, household_id: int, child_id: int, action: str) -> tuple[Household, Child]:
    """A household and a child that it has or had; none for an agent kept to schools where this child does not go."""
    household, day = household_or_404(request, household_id), clock.today(context.current().zone)
    child = theirs_or_404(
        request.actor,
        action,
        child_in(household, pk=child_id),
        lambda found: access.may_at(request.actor, action, sites_of_child(found, day=day)),
    )
    return household, child


def frame(request: DoorRequest, household: Household) -> dict[str, Any]:
    """What `families/office/family_base.html` needs: `household` and the `tabs` that this agent may open."""
    commune = context.current()
    tabs = links(
        [one for one in _items(tuple(settings.LPS_FAMILY_TABS)) if not offers.closed(commune, one.url_name)],
        path=request.path,
        may=partial(allowed, request.actor),
        args=(household.pk,),
    )
    return {"household": household, "tabs": tabs}


def form_page(
    request: DoorRequest,
    household: Household,
    form: BaseForm,
    *,
    heading: str | Promise,
    button: str | Promise,
    intro: str | Promise = "",
    back: str = "",
    remove: str = "",
    remove_label: str | Promise = "",
) -> HttpResponse:
    """A form about a family: one main button, a way back, and one that takes the thing away where there is one."""
    facts = {
        "form": form,
        "heading": heading,
        "button": button,
        "intro": intro,
        "back": back or family_path(household),
        "remove": remove,
        "remove_label": remove_label,
    }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "families/office/family_form.html", {**frame(request, household), **facts}, status=status)


def family_path(household: Household) -> str:
    """The page of a family."""
    return reverse("families_office:family", args=[household.pk])


def child_path(household: Household, child: Child) -> str:
    """The page of a child of a family."""
    return reverse("families_office:child", args=[household.pk, child.pk])


def posted(request: DoorRequest) -> QueryDict | None:
    """What a form is bound to: what was sent, were it nothing, or None when the page is only asked for."""
    return request.POST if request.method == "POST" else None


def agent_of(request: DoorRequest) -> Agent:
    """The agent whom the gate let in."""
    assert isinstance(request.actor, Agent)
    return request.actor


def agent_of_all(request: DoorRequest) -> Agent:
    """The same, of a page about all families: whoever is kept to some schools or activities does not open it."""
    actor = agent_of(request)
    if actor.sites or actor.activities:
        raise PermissionDenied
    return actor


@cache
def _items(lists: tuple[str, ...]) -> tuple[NavItem, ...]:
    return tuple(item for name in lists for item in import_string(name))
