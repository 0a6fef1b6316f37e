"""The town's rules: read by everybody, accepted by the family signed in."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from lps.accounts.decorators import LOST, NEXT, wanted_page
from lps.accounts.doors import FAMILY
from lps.families import house_rules
from lps.families.identity import FamilyRequest, household_at
from lps.families.paths import CHILDREN
from tenants.town import house_rules as town


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: FamilyRequest) -> HttpResponse:
    """The version in force, the family's acceptance of it, or the button that accepts it."""
    household = household_at(request)
    if request.method == "POST":
        if household is None:
            return HttpResponseRedirect(f"{FAMILY.sign_in_path}?{LOST}=1")
        if house_rules.accept(request, request.POST.get(house_rules.ACCEPTED, "")):
            return HttpResponseRedirect(wanted_page(request, default=request.path))
    rules = town.in_force(day=house_rules.today(request))
    accepted = town.acceptance_of(holder=household.holder, rules_id=rules.pk) if rules and household else None
    facts = {
        "rules": rules,
        "accepted": accepted,
        "household": household,
        "name": house_rules.ACCEPTED,
        "next_name": NEXT,
        "next_page": wanted_page(request, default=""),
        "later": wanted_page(request, default=CHILDREN),
        "changed": request.method == "POST",
    }
    return render(request, "families/house_rules.html", facts, status=400 if request.method == "POST" else 200)
