"""Gates of the parents' pages: a family is signed in, and the child is its own."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode

from lps.accounts.decorators import LOST, NEXT
from lps.accounts.doors import FAMILY
from lps.families import house_rules
from lps.families.identity import FamilyRequest, household_at
from lps.families.queries.children import ChildAtSchool, child_of
from tenants import context

View = Callable[..., HttpResponse]
_WHATEVER = "whatever_the_rules"


def household_required(view: View) -> View:
    """The view gets `request.household`; whoever is not signed in goes to the connexion, and comes back here.

    A form waits for the town's rules to be accepted, unless the view is marked by `whatever_the_rules`.
    """

    @wraps(view)
    def behind(request: FamilyRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if household_at(request) is None:
            return _to_sign_in(request)
        if request.method == "POST" and not getattr(view, _WHATEVER, False):
            asked = house_rules.asked_first(request)
            if asked:
                return asked
        return view(request, *args, **kwargs)

    return behind


def whatever_the_rules(view: View) -> View:
    """Mark a form that is a right of the family's, accepted rules or not; put it under `household_required`."""
    setattr(view, _WHATEVER, True)
    return view


def child_or_404(request: FamilyRequest, code: str) -> ChildAtSchool:
    """The household's own child of that code, on the day the request was received.

    Another family's child, a child no longer theirs and a code that nobody has give the same 404.
    """
    day = request.received_at.astimezone(context.current().zone).date()
    child = child_of(household=request.household, child_code=code, day=day)
    if child is None:
        raise Http404
    return child


def _to_sign_in(request: FamilyRequest) -> HttpResponseRedirect:
    """A form sent after the session's end is not replayed: the sign-in says so, and leads back to the form's page."""
    if request.method in ("GET", "HEAD"):
        return HttpResponseRedirect(f"{FAMILY.sign_in_path}?{urlencode({NEXT: request.get_full_path()})}")
    page = _page_before(request)
    return HttpResponseRedirect(f"{FAMILY.sign_in_path}?{urlencode({LOST: 1} | ({NEXT: page} if page else {}))}")


def _page_before(request: FamilyRequest) -> str:
    """The page of ours that held the form, "" when the browser does not say."""
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    if before.netloc != request.get_host():
        return ""
    return f"{before.path}?{before.query}" if before.query else before.path
