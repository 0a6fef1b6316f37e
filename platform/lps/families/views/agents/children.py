"""A child at the counter: who it is, its class, with whom it lives, what to know, whom to call."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families import access, family_page, search, words
from lps.families.forms.counter import (
    ChildForm,
    ContactForm,
    HealthForm,
    MoveForm,
    SecondHomeForm,
    SinceForm,
    UntilForm,
)
from lps.families.models import Child, Contact, HealthNote, Household
from lps.families.queries.care import contact_of, diets, health_note_of, health_notes
from lps.families.queries.households import household_by_key
from lps.families.queries.pupils import sites_of_child
from lps.families.queries.school import classes_on_roll
from lps.families.rights import EDIT_FAMILIES, OPEN_FAMILY, READ_HEALTH, WRITE_HEALTH
from lps.families.services import FamilyRefused, counter
from lps.families.services import children as services
from lps.families.views.agents.frame import agent_of, child_or_404, child_path, family_path, form_page, frame, posted
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.ui import saying
from tenants import context

CONFIRMED = "confirme"
SAID: saying.Sentences = {
    "enfant": _("L'enfant est ajouté. Ses codes sont prêts : imprimez la lettre de la famille."),
    "change": _("C'est enregistré."),
    "classe": _("Le changement de classe est enregistré."),
    "garde": _(
        "L'autre foyer est ajouté : il réserve et paie sa part. Ouvrez sa page pour lui imprimer sa lettre de codes."
    ),
    "fin": _("La fin de la garde est enregistrée."),
    "retire": _("Cette personne est retirée."),
    "elsewhere": saying.Refusal(words.COUNTER["elsewhere"]),
    "has_history": saying.Refusal(words.COUNTER["has_history"]),
    "sante": _("L'information de santé est enregistrée, chiffrée."),
    "oubli": _("L'information de santé est effacée."),
}
BOTH = ["GET", "HEAD", "POST"]


@require_safe
@agent_required(OPEN_FAMILY)
def child(request: DoorRequest, household_id: int, child_id: int) -> HttpResponse:
    """One child of a family."""
    household, found = child_or_404(request, household_id, child_id, OPEN_FAMILY)
    sites = sites_of_child(found, day=_today())
    facts = {
        **frame(request, household),
        "child": found,
        "page": family_page.read_child(found),
        "today": _today(),
        "may_edit": access.may_at(request.actor, EDIT_FAMILIES, sites),
        "may_read_health": access.may_at(request.actor, READ_HEALTH, sites),
        "said": saying.said(request, SAID),
    }
    return render(request, "families/office/child.html", facts)


@require_http_methods(BOTH)
@agent_required(EDIT_FAMILIES)
def edit(request: DoorRequest, household_id: int, child_id: int) -> HttpResponse:
    """Who a child is, and what it does not eat."""
    household, found = child_or_404(request, household_id, child_id, EDIT_FAMILIES)
    initial = ChildForm.initial_of(found)
    form = ChildForm(posted(request), initial=initial, today=_today(), diets=diets())
    if form.is_valid():
        services.change_child(child=found, facts=form.facts, diets=form.diets, by=agent_of(request))
        return saying.done(child_path(household, found), "change")
    return _form(
        request,
        household,
        found,
        form,
        heading=_("Identité et régimes"),
        button=_("Enregistrer"),
        remove=reverse("families_office:remove_child", args=[household.pk, found.pk]),
        remove_label=_("Retirer cet enfant, entré par erreur ou deux fois"),
    )


@require_POST
@agent_required(EDIT_FAMILIES)
def remove(request: DoorRequest, household_id: int, child_id: int) -> HttpResponse:
    """Take away a child entered by mistake; one of whom something is kept stays."""
    household, found = child_or_404(request, household_id, child_id, EDIT_FAMILIES)
    try:
        services.remove_child(child=found, household=household, by=agent_of(request))
    except FamilyRefused as error:
        return saying.done(child_path(household, found), error.refusal.code)
    return saying.done(family_path(household), "enfant-retire")


@require_http_methods(BOTH)
@agent_required(EDIT_FAMILIES)
def move(request: DoorRequest, household_id: int, child_id: int) -> HttpResponse:
    """Another class from a day on: first what becomes of the bookings, then, once confirmed, it is done."""
    household, found = child_or_404(request, household_id, child_id, EDIT_FAMILIES)
    agent, today = agent_of(request), _today()
    classes = classes_on_roll(today, sites=agent.sites)
    form = MoveForm(posted(request), initial={"since": today}, classes=classes)
    effects = None
    if form.is_valid():
        wanted = {"school_class": form.cleaned_data["school_class"], "since": form.cleaned_data["since"]}
        try:
            services.check_move(child=found, **wanted, today=today)
            if CONFIRMED in request.POST:
                services.move_child(child=found, **wanted, today=today, by=agent, at=request.received_at)
                return saying.done(child_path(household, found), "classe")
            effects = services.preview_move(child=found, **wanted)
        except FamilyRefused as error:
            form.add_error("since", str(words.COUNTER[error.refusal.code]))
    if effects is None:
        return _form(
            request, household, found, form, heading=_("Changer de classe"), button=_("Voir ce qui va changer")
        )
    facts = {
        **frame(request, household),
        "child": found,
        "form": form,
        "wanted": wanted,
        "effects": effects,
        "confirmed": CONFIRMED,
    }
    return render(request, "families/office/move.html", facts)


@require_http_methods(BOTH)
@agent_required(EDIT_FAMILIES)
def share(request: DoorRequest, household_id: int, child_id: int) -> HttpResponse:
    """The other household of a child, found among those that stand; from a day on."""
    household, found = child_or_404(request, household_id, child_id, EDIT_FAMILIES)
    asked, agent = request.GET.get("q", "").strip(), agent_of(request)
    rows = search.find(asked, day=_today(), sites=agent.sites) if asked else []
    form = SinceForm(posted(request), initial={"since": _today()})
    other = _other(request)
    if form.is_valid():
        if other is None:
            form.add_error(None, _("Cherchez l'autre foyer, puis choisissez-le dans la liste."))
        else:
            try:
                since = form.cleaned_data["since"]
                services.share_custody(child=found, household=other, since=since, by=agent)
                return saying.done(child_path(household, found), "garde")
            except FamilyRefused as error:
                form.add_error(None, str(words.COUNTER[error.refusal.code]))
    facts = {
        **frame(request, household),
        "child": found,
        "form": form,
        "q": asked,
        "rows": [one for one in rows if one.household_id != household.pk],
        "chosen": other,
    }
    return render(request, "families/office/share.html", facts, status=400 if form.errors else 200)


@require_http_methods(BOTH)
@agent_required(EDIT_FAMILIES)
def second_home(request: DoorRequest, household_id: int, child_id: int) -> HttpResponse:
    """The other household of a child, entered."""
    household, found = child_or_404(request, household_id, child_id, EDIT_FAMILIES)
    form = SecondHomeForm(posted(request), initial={"since": _today()}, child=found)
    if form.is_valid():
        counter.enter_second_home(
            child=found,
            home=form.home,
            guardian=form.guardian,
            since=form.cleaned_data["since"],
            by=agent_of(request),
        )
        return saying.done(child_path(household, found), "garde")
    facts = {**frame(request, household), "child": found, "form": form}
    return render(request, "families/office/second_home.html", facts, status=400 if form.errors else 200)


@require_http_methods(BOTH)
@agent_required(EDIT_FAMILIES)
def end_custody(request: DoorRequest, household_id: int, child_id: int) -> HttpResponse:
    """This household has the child until a day."""
    household, found = child_or_404(request, household_id, child_id, EDIT_FAMILIES)
    form = UntilForm(posted(request), initial={"last_day": _today()})
    if form.is_valid():
        wanted = {"child": found, "household": household, "last_day": form.cleaned_data["last_day"]}
        try:
            services.check_end(**wanted)
            effects = services.preview_end(**wanted)
            if CONFIRMED in request.POST or not any(effects.values()):
                services.end_custody(**wanted, by=agent_of(request), at=request.received_at)
                return saying.done(child_path(household, found), "fin")
            facts = {**frame(request, household), **wanted, "form": form, "effects": effects, "confirmed": CONFIRMED}
            return render(request, "families/office/end_custody.html", facts)
        except FamilyRefused as error:
            form.add_error("last_day", str(words.COUNTER[error.refusal.code]))
    intro = _("Après ce jour, cette famille ne voit plus l'enfant et ne réserve plus pour lui. L'autre foyer continue.")
    heading, button = _("Fin de la garde dans cette famille"), _("Enregistrer la fin")
    return _form(request, household, found, form, heading=heading, button=button, intro=intro)


@require_http_methods(BOTH)
@agent_required(EDIT_FAMILIES)
def new_contact(request: DoorRequest, household_id: int, child_id: int) -> HttpResponse:
    """Somebody to call, or who may or may not fetch the child."""
    household, found = child_or_404(request, household_id, child_id, EDIT_FAMILIES)
    return _contact_form(request, household, found, None)


@require_http_methods(BOTH)
@agent_required(EDIT_FAMILIES)
def contact(request: DoorRequest, household_id: int, child_id: int, contact_id: int) -> HttpResponse:
    """Change somebody to call."""
    household, found = child_or_404(request, household_id, child_id, EDIT_FAMILIES)
    return _contact_form(request, household, found, _contact_or_404(found, contact_id))


@require_POST
@agent_required(EDIT_FAMILIES)
def remove_contact(request: DoorRequest, household_id: int, child_id: int, contact_id: int) -> HttpResponse:
    """Forget somebody to call."""
    household, found = child_or_404(request, household_id, child_id, EDIT_FAMILIES)
    services.remove_contact(contact=_contact_or_404(found, contact_id), by=agent_of(request))
    return saying.done(child_path(household, found), "retire")


@require_http_methods(BOTH)
@agent_required(READ_HEALTH)
def health(request: DoorRequest, household_id: int, child_id: int) -> HttpResponse:
    """What must be known of a child's health; reading it is written down. Those who may add a note."""
    household, found = child_or_404(request, household_id, child_id, READ_HEALTH)
    may_write = allowed(request.actor, WRITE_HEALTH)
    form = HealthForm(posted(request)) if may_write else None
    if form is not None and form.is_valid():
        services.save_health_note(child=found, note=None, facts=form.facts, by=agent_of(request))
        return saying.done(request.path, "sante")
    notes = health_notes(found)
    if notes:
        _log_reading(request, found)
    facts = {
        **frame(request, household),
        "child": found,
        "notes": notes,
        "form": form,
        "said": saying.said(request, SAID),
    }
    response = render(request, "families/office/health.html", facts, status=400 if form and form.errors else 200)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(BOTH)
@agent_required(WRITE_HEALTH)
def health_note(request: DoorRequest, household_id: int, child_id: int, note_id: int) -> HttpResponse:
    """Change a health note."""
    household, found = child_or_404(request, household_id, child_id, WRITE_HEALTH)
    note = _note_or_404(found, note_id)
    if request.method == "POST":
        form = HealthForm(request.POST)
        if form.is_valid():
            services.save_health_note(child=found, note=note, facts=form.facts, by=agent_of(request))
            return saying.done(_health_path(household, found), "sante")
    else:
        form = HealthForm(initial=HealthForm.initial_of(note))
        _log_reading(request, found)
    return form_page(
        request,
        household,
        form,
        heading=_("Information de santé"),
        button=_("Enregistrer"),
        back=_health_path(household, found),
        remove=f"{request.path}retirer/",
        remove_label=_("Effacer cette information"),
    )


@require_POST
@agent_required(WRITE_HEALTH)
def remove_health_note(request: DoorRequest, household_id: int, child_id: int, note_id: int) -> HttpResponse:
    """Forget a health note."""
    household, found = child_or_404(request, household_id, child_id, WRITE_HEALTH)
    services.remove_health_note(note=_note_or_404(found, note_id), by=agent_of(request))
    return saying.done(_health_path(household, found), "oubli")


def _contact_form(request: DoorRequest, household: Household, found: Child, row: Contact | None) -> HttpResponse:
    initial = ContactForm.initial_of(row) if row else {"kind": Contact.Kind.AUTHORIZED}
    form = ContactForm(posted(request), initial=initial)
    if form.is_valid():
        services.save_contact(child=found, contact=row, facts=form.facts, by=agent_of(request))
        return saying.done(child_path(household, found), "change")
    return _form(
        request,
        household,
        found,
        form,
        heading=_("Modifier une personne") if row else _("Ajouter une personne"),
        button=_("Enregistrer"),
        remove=f"{request.path}retirer/" if row else "",
        remove_label=_("Retirer cette personne"),
    )


def _form(request: DoorRequest, household: Household, found: Child, form: Any, **words: Any) -> HttpResponse:
    """A form about a child, under its name, which goes back to its page."""
    heading = f"{found}\u00a0: {words.pop('heading')}"
    return form_page(request, household, form, heading=heading, back=child_path(household, found), **words)


def _other(request: DoorRequest) -> Household | None:
    """The household chosen, if this agent may open it."""
    key = request.POST.get("foyer") or request.GET.get("foyer") or ""
    other = household_by_key(pk=int(key)) if key.isascii() and key.isdigit() and len(key) < 19 else None
    if other is None or not access.may_open(request.actor, EDIT_FAMILIES, other, day=_today()):
        return None
    return other


def _contact_or_404(found: Child, pk: int) -> Contact:
    row = contact_of(found, pk=pk)
    if row is None:
        raise Http404
    return row


def _note_or_404(found: Child, pk: int) -> HealthNote:
    row = health_note_of(found, pk=pk)
    if row is None:
        raise Http404
    return row


def _health_path(household: Household, found: Child) -> str:
    return reverse("families_office:health", args=[household.pk, found.pk])


def _log_reading(request: DoorRequest, found: Child) -> None:
    """Health data: who read it, when, of which child."""
    record(by=agent_of(request), channel=Channel.OFFICE, action="health_read", subject=f"child:{found.pk}")


def _today() -> Any:
    return clock.today(context.current().zone)
