"""What every page of one family shares: the gate, the header, the tabs that apps to the left add."""

from functools import cache, partial
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.module_loading import import_string

from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families import access, queries
from lps.families.models import Household
from lps.families.rights import OPEN_FAMILY
from lps.kernel import clock
from lps.ui.nav import NavItem, links
from tenants import context


def household_or_404(request: DoorRequest, household_id: int, action: str = OPEN_FAMILY) -> Household:
    """The household of that key; 403 for an agent kept to schools where none of its children goes."""
    household = queries.household(pk=household_id)
    if household is None:
        raise Http404
    if not access.may_open(request.actor, action, household, day=clock.today(context.current().zone)):
        raise PermissionDenied
    return household


def frame(request: DoorRequest, household: Household) -> dict[str, Any]:
    """What `families/office/family_base.html` needs: `household` and the `tabs` that this agent may open."""
    tabs = links(
        _items(tuple(settings.LPS_FAMILY_TABS)),
        path=request.path,
        may=partial(allowed, request.actor),
        args=(household.pk,),
    )
    return {"household": household, "tabs": tabs}


@cache
def _items(lists: tuple[str, ...]) -> tuple[NavItem, ...]:
    return tuple(item for name in lists for item in import_string(name))
