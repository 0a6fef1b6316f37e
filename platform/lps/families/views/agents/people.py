"""A family at the counter: entering it, its address, its guardians."""

from collections.abc import Sequence

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families import search, words
from lps.families.forms.counter import GuardianForm, HouseholdForm, NewChildForm, NewFamilyForm
from lps.families.models import Guardian, Household
from lps.families.queries.households import guardian_in
from lps.families.queries.school import classes_on_roll
from lps.families.rights import EDIT_FAMILIES
from lps.families.search import FoundFamily
from lps.families.services import FamilyRefused, counter
from lps.families.services import guardians as services
from lps.families.views.agents.frame import (
    agent_of,
    child_path,
    family_path,
    form_page,
    frame,
    household_or_404,
    posted,
)
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.ui import saying
from tenants import context

CONFIRMED = "existe"  # the clerk saw who may be the same family, and it is not


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(EDIT_FAMILIES)
def new_family(request: DoorRequest) -> HttpResponse:
    """Enter a family with its first child; those who may be the same are proposed first."""
    today, agent = clock.today(context.current().zone), agent_of(request)
    form = NewFamilyForm(
        posted(request),
        initial={"city": context.current().place_name},
        today=today,
        classes=classes_on_roll(today, sites=agent.sites),
        must_sit=bool(agent.sites),
    )
    twins: Sequence[FoundFamily] = ()
    if form.is_valid():
        twins = _twins(request, form.known)
        if not twins:
            household = counter.enter_family(
                home=form.home, guardian=form.guardian, child=form.child, today=today, by=agent
            )
            return saying.done(family_path(household), "cree")
    facts = {"form": form, "twins": twins, "confirmed": CONFIRMED}
    return render(request, "families/office/new_family.html", facts, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(EDIT_FAMILIES)
def new_child(request: DoorRequest, household_id: int) -> HttpResponse:
    """Enter a child in a family; a child of that name elsewhere is proposed for shared custody first."""
    found, agent = household_or_404(request, household_id, EDIT_FAMILIES), agent_of(request)
    today = clock.today(context.current().zone)
    form = NewChildForm(
        posted(request),
        initial={"last_name": found.name},
        today=today,
        classes=classes_on_roll(today, sites=agent.sites),
        must_sit=bool(agent.sites),
    )
    twins: Sequence[FoundFamily] = ()
    if form.is_valid():
        twins = _twins(request, form.known)
        if not twins:
            child = counter.enter_child(household=found, child=form.child, today=today, by=agent)
            return saying.done(child_path(found, child), "enfant")
    facts = {**frame(request, found), "form": form, "twins": twins, "confirmed": CONFIRMED}
    return render(request, "families/office/new_child.html", facts, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(EDIT_FAMILIES)
def household(request: DoorRequest, household_id: int) -> HttpResponse:
    """Change a family's name and address."""
    found = household_or_404(request, household_id, EDIT_FAMILIES)
    form = HouseholdForm(posted(request), initial=HouseholdForm.initial_of(found))
    if form.is_valid():
        services.change_household(household=found, facts=form.facts, by=agent_of(request), channel=Channel.OFFICE)
        return saying.done(family_path(found), "change")
    return form_page(request, found, form, heading=_("Nom et adresse"), button=_("Enregistrer"))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(EDIT_FAMILIES)
def new_guardian(request: DoorRequest, household_id: int) -> HttpResponse:
    """Add a guardian."""
    found = household_or_404(request, household_id, EDIT_FAMILIES)
    form = GuardianForm(posted(request), initial={"last_name": found.name})
    if form.is_valid():
        services.add_guardian(household=found, new=form.facts, by=agent_of(request), channel=Channel.OFFICE)
        return saying.done(family_path(found), "representant")
    return form_page(request, found, form, heading=_("Ajouter un représentant"), button=_("Ajouter"))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(EDIT_FAMILIES)
def guardian(request: DoorRequest, household_id: int, guardian_id: int) -> HttpResponse:
    """Change a guardian."""
    found, row = _guardian_or_404(request, household_id, guardian_id)
    form = GuardianForm(posted(request), initial=GuardianForm.initial_of(row))
    if form.is_valid():
        try:
            services.change_guardian(guardian=row, facts=form.facts, by=agent_of(request), channel=Channel.OFFICE)
            return saying.done(family_path(found), "change")
        except FamilyRefused as error:
            form.add_error("is_payer", str(words.COUNTER[error.refusal.code]))
    remove = "" if row.is_payer else f"{request.path}retirer/"
    return form_page(
        request,
        found,
        form,
        heading=_("Modifier un représentant"),
        button=_("Enregistrer"),
        remove=remove,
        remove_label=_("Retirer cette personne de la famille"),
    )


@require_POST
@agent_required(EDIT_FAMILIES)
def remove_guardian(request: DoorRequest, household_id: int, guardian_id: int) -> HttpResponse:
    """Take a guardian out of a family; the one who pays stays."""
    found, row = _guardian_or_404(request, household_id, guardian_id)
    try:
        services.remove_guardian(guardian=row, by=agent_of(request), channel=Channel.OFFICE)
    except FamilyRefused:
        return saying.done(family_path(found), "payeur")
    return saying.done(family_path(found), "retire")


def _twins(request: DoorRequest, known: search.Known) -> Sequence[FoundFamily]:
    """Who may be the same, unless the clerk saw them already."""
    if CONFIRMED in request.POST:
        return ()
    return search.twins(known, day=clock.today(context.current().zone), sites=agent_of(request).sites)


def _guardian_or_404(request: DoorRequest, household_id: int, guardian_id: int) -> tuple[Household, Guardian]:
    found = household_or_404(request, household_id, EDIT_FAMILIES)
    row = guardian_in(found, pk=guardian_id)
    if row is None:
        raise Http404
    return found, row
