"""Finding a family, the list of a class, and a family's page."""

from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.gates import theirs_or_404
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families import family_page, search
from lps.families.access import may_at, may_at_all
from lps.families.models import Enrollment, SchoolClass
from lps.families.queries.custody import households_of
from lps.families.queries.pupils import pupils_of_class
from lps.families.queries.school import classes_on_roll
from lps.families.rights import (
    ANSWER_REQUESTS,
    EDIT_FAMILIES,
    ERASE_FAMILY,
    EXPORT_FAMILIES,
    FIND_FAMILIES,
    OPEN_FAMILY,
    PRINT_CODES,
)
from lps.families.views.agents.frame import frame, household_or_404
from lps.kernel import clock
from lps.ui import saying
from tenants import context

PER_PAGE = 50
SAID: saying.Sentences = {
    "cree": _("La famille est créée et ses codes sont prêts : imprimez sa lettre."),
    "change": _("C'est enregistré."),
    "representant": _("Cette personne est ajoutée à la famille."),
    "enfant-retire": _("L'enfant est retiré de la famille. Rien n'était gardé à son sujet."),
    "retire": _("Cette personne ne fait plus partie de la famille."),
    "essai": _("Cette famille peut se connecter avant l'ouverture du portail."),
    "sans-essai": _("Cette famille attendra l'ouverture du portail, comme les autres."),
    "payeur": saying.Refusal(_("Le payeur ne peut pas être retiré : dites d'abord qui paie à sa place.")),
}


@require_safe
@agent_required(FIND_FAMILIES)
def families(request: DoorRequest) -> HttpResponse:
    """The search, by whatever one remembers; before anything is asked, the classes."""
    asked, day, sites = request.GET.get("q", "").strip(), clock.today(context.current().zone), _sites(request)
    classes = classes_on_roll(day, sites=sites)
    may_open = allowed(request.actor, OPEN_FAMILY)
    facts: dict[str, Any] = {
        "q": asked,
        "classes": classes,
        "schools": list({one.site_id: one.site for one in classes}.values()),
        "school": _school(request, classes),
        "may_open": may_open,
        "may_edit": allowed(request.actor, EDIT_FAMILIES),
        "may_export": allowed(request.actor, EXPORT_FAMILIES),
    }
    if asked:
        school = facts["school"]
        found = search.find(asked, day=day, sites=[school.pk] if school else sites, by_contact=may_open)
        facts |= {
            "sure": [one for one in found if not one.is_close],
            "close": [one for one in found if one.is_close],
            "is_full": len(found) >= search.SHOWN,
        }
    return render(request, "families/office/families.html", facts)


@require_safe
@agent_required(FIND_FAMILIES)
def school_class(request: DoorRequest, class_id: int) -> HttpResponse:
    """The list of a class, each child with its families."""
    found = SchoolClass.objects.select_related("site", "teacher", "school_year").filter(pk=class_id).first()
    found = theirs_or_404(request.actor, FIND_FAMILIES, found, partial(allowed, request.actor, FIND_FAMILIES))
    day = clock.today(context.current().zone)
    page = Paginator(pupils_of_class(found.pk, day=day), PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "school_class": found,
        "page": page,
        "rows": _with_households(list(page.object_list), request),
        "may_open": allowed(request.actor, OPEN_FAMILY, found),
    }
    return render(request, "families/office/class.html", facts)


@require_safe
@agent_required(OPEN_FAMILY)
def family(request: DoorRequest, household_id: int) -> HttpResponse:
    """One family: who belongs to it."""
    household, day = household_or_404(request, household_id), clock.today(context.current().zone)
    page = family_page.read(household, day=day)
    facts = {
        **frame(request, household),
        "page": page,
        "openable": {line.child.pk for line in page.children if may_at(request.actor, OPEN_FAMILY, line.sites)},
        "may_edit": allowed(request.actor, EDIT_FAMILIES),
        "may_print": allowed(request.actor, PRINT_CODES),
        "may_erase": may_at_all(request.actor, ERASE_FAMILY, household, day=day),
        "may_answer": allowed(request.actor, ANSWER_REQUESTS),
        "said": saying.said(request, SAID),
    }
    return render(request, "families/office/family.html", facts)


def _with_households(seated: list[Enrollment], request: DoorRequest) -> list[tuple[Enrollment, Any]]:
    day = clock.today(context.current().zone)
    households = households_of([one.child_id for one in seated], day=day)
    return [(one, households.get(one.child_id, ())) for one in seated]


def _school(request: DoorRequest, classes: list[SchoolClass]) -> Any:
    """The school asked for, among those that this agent sees; None for all."""
    asked = request.GET.get("ecole", "")
    return next((one.site for one in classes if str(one.site_id) == asked), None)


def _sites(request: DoorRequest) -> frozenset[int]:
    assert isinstance(request.actor, Agent)
    return request.actor.sites
