"""The guided set-up: the steps and where they stand, the two pages of its own, its end."""

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import queries as booking
from booking.catalogue_templates import TEMPLATES
from booking.services.catalogue import CatalogueNotEmpty, apply_template
from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from lps.families.queries.school import school_year_for
from lps.journal import town as journal
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from lps.office import set_up
from lps.office.forms.town import YearForm
from lps.office.rights import SET_UP
from lps.office.set_up import State, Step
from lps.ui import saying
from tenants import context
from tenants.town import queries as town

SAID = {
    "annee": _("L'année scolaire est ouverte, avec ses vacances et ses jours fériés."),
    "zone": _("La zone est enregistrée, avec ses vacances."),
    "activites": _("Vos activités sont prêtes. Vous pourrez tout changer."),
    "passee": _("Étape passée\u00a0: vous y reviendrez quand vous voudrez."),
    "terminee": _("La mise en route est terminée. Bienvenue\u00a0!"),
}
WORDS = {
    Step.CONTACTS: (
        _("Dire qui les familles appellent"),
        _("Un nom, un téléphone, des horaires\u00a0: ils sont écrits dans l'aide et sur les lettres de codes."),
    ),
    Step.LOOK: (
        _("Choisir la couleur et le logo"),
        _("Les pages prennent la couleur de votre commune\u00a0; sa lisibilité est vérifiée."),
    ),
    Step.YEAR: (
        _("Ouvrir l'année scolaire"),
        _("Avec votre zone de vacances\u00a0: le calendrier et les jours fériés se remplissent seuls."),
    ),
    Step.CATALOGUE: (
        _("Créer les activités"),
        _("Cantine, garderie, transport, mercredi\u00a0: partez d'un modèle, puis changez ce qu'il faut."),
    ),
    Step.DEADLINES: (
        _("Relire les dates limites"),
        _("Vérifiez jusqu'à quand on réserve, puis écrivez la phrase qui le rappelle aux familles."),
    ),
    Step.PRICES: (
        _("Fixer les tarifs"),
        _("La régie qui encaisse, puis le prix de chaque activité\u00a0: sans eux, rien ne se facture."),
    ),
    Step.FAMILIES: (
        _("Importer les familles"),
        _("Un fichier de votre logiciel ou notre modèle. Vous voyez tout avant que rien ne soit écrit."),
    ),
    Step.LETTERS: (
        _("Imprimer les lettres de codes"),
        _("Une page par famille, un fichier par classe, à glisser dans les cahiers."),
    ),
    Step.MESSAGE: (
        _("Écrire un message d'accueil"),
        _("Le premier mot que les familles lisent en arrivant sur le portail."),
    ),
}
TEMPLATE_NAMES = {
    "jeudi-17h": _("On réserve jusqu'au jeudi 17h00 de la semaine précédente"),
    "veille-17h": _("On réserve jusqu'à la veille, 17h00"),
}


@require_safe
@whole_town_required(SET_UP)
def steps(request: DoorRequest) -> HttpResponse:
    """What is done, what is next, what may wait."""
    shown = set_up.steps(today=_today())
    settled = sum(one.state in (State.DONE, State.SKIPPED) for one in shown)
    facts = {
        "rows": [(one, *WORDS[one.step]) for one in shown],
        "settled": settled,
        "total": len(shown),
        "following": next((one for one in shown if one.state is State.NEXT), None),
        "finished_at": town.settings().set_up_at,
        "said": saying.said(request, SAID),
    }
    return render(request, "office/set_up.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(SET_UP)
def year(request: DoorRequest) -> HttpResponse:
    """Open the school year, with the holidays of the town's zone."""
    today = _today()
    standing = school_year_for(today)
    years = [] if standing else set_up.years_to_open(today)
    initial = {"year": set_up.proposed_year(today)[0].year, "school_zone": town.settings().school_zone}
    form = YearForm(request.POST if request.method == "POST" else None, years=years, initial=initial)
    if form.is_valid():
        chosen = next((one for one in years if str(one[0].year) == form.cleaned_data["year"]), None)
        set_up.open_year(
            zone=form.cleaned_data["school_zone"],
            year=chosen,
            today=today,
            now=request.received_at,
            by=_actor(request),
        )
        return saying.done(reverse("office:set_up"), "annee" if chosen else "zone")
    facts = {"form": form, "open_year": standing}
    return render(request, "office/set_up_year.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(SET_UP)
def catalogue(request: DoorRequest) -> HttpResponse:
    """Start the catalogue from a template; once there is one it is changed on its own page."""
    refused = ""
    if request.method == "POST":
        template = request.POST.get("modele", "")
        if template not in TEMPLATES:
            refused = str(_("Choisissez un modèle."))
        else:
            try:
                apply_template(TEMPLATES[template], name=template, by=_actor(request), at=request.received_at)
                return saying.done(reverse("office:set_up"), "activites")
            except CatalogueNotEmpty:
                refused = str(_("Votre commune a déjà des activités\u00a0: rien n'a été changé."))
    facts = {
        "templates": [(name, TEMPLATE_NAMES[name], groups) for name, groups in TEMPLATES.items()],
        "refused": refused,
        "has_catalogue": booking.has_catalogue(),
    }
    return render(request, "office/set_up_catalogue.html", facts, status=400 if refused else 200)


@require_POST
@whole_town_required(SET_UP)
def skip(request: DoorRequest, step: str) -> HttpResponse:
    """Leave a step for later."""
    set_up.skip(_step_or_404(step), by=_actor(request))
    return saying.done(reverse("office:set_up"), "passee")


@require_POST
@whole_town_required(SET_UP)
def take_up(request: DoorRequest, step: str) -> HttpResponse:
    """Come back to a step that was left."""
    set_up.take_up(_step_or_404(step), by=_actor(request))
    return saying.done(reverse("office:set_up"), "")


@require_POST
@whole_town_required(SET_UP)
def finish(request: DoorRequest) -> HttpResponse:
    """The town is ready for its families."""
    journal.finish_set_up(now=request.received_at, by=_actor(request), channel=Channel.OFFICE)
    return saying.done(reverse("office:set_up"), "terminee")


def _step_or_404(name: str) -> Step:
    try:
        return Step(name)
    except ValueError as error:
        raise Http404 from error


def _actor(request: DoorRequest) -> Actor:
    assert request.actor is not None
    return request.actor


def _today() -> date:
    return clock.today(context.current().zone)
