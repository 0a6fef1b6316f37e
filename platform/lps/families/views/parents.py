"""The families' own pages: choosing a child, help, the accessibility statement."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lps.families.decorators import household_required
from lps.families.identity import FamilyRequest
from lps.families.paths import planning
from lps.families.queries.children import children_of
from lps.families.queries.custody import custodies_to_come
from tenants import context
from tenants.town import house_rules as town


@require_safe
@household_required
def children(request: FamilyRequest) -> HttpResponse:
    """The children of the household today, each leading to its planning; if it has none, who is to come."""
    day = request.received_at.astimezone(context.current().zone).date()
    found = children_of(household=request.household, day=day)
    shown = [
        {
            "name": str(child.child),
            "code": child.code,
            "school_class": child.school_class,
            "url": planning(child.code),
        }
        for child in found
    ]
    coming = [] if found else custodies_to_come(request.household, day=day)
    return render(request, "families/children.html", {"children": shown, "coming": coming})


@require_safe
def help_page(request: FamilyRequest) -> HttpResponse:
    """How to book, until when, and whom to call."""
    day = request.received_at.astimezone(context.current().zone).date()
    return render(request, "families/help.html", {"rules": town.in_force(day=day)})


@require_safe
def accessibility(request: FamilyRequest) -> HttpResponse:
    """The accessibility statement that the law asks for: no audit was made, so "non conforme"."""
    return render(request, "families/accessibility.html")
