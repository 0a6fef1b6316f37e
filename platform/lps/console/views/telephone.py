"""The telephone on the console: what is wrong and what to do, operators' lines, and whose each number is."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.console import lines, telephone
from lps.console.forms.telephone import LineForm, NumberForm, initial_of
from lps.console.rights import READ_TELEPHONE, SET_TELEPHONE
from lps.console.views.communes import operator_of, rendered
from lps.families.phones import region_of, shown
from lps.kernel import clock
from lps.ui import saying
from tenants import queries
from tenants import telephone as registry
from tenants.lines import NumberTaken
from tenants.models import Commune, OperatorLine

CALLS_SHOWN = 25
SAID = {
    "ajoutee": _l("La ligne est enregistrée\u00a0: Asterisk la prend dans les dix secondes, sans couper d'appel."),
    "changee": _l("La ligne est changée\u00a0: Asterisk en tient compte dans les dix secondes, sans couper d'appel."),
    "supprimee": _l("La ligne est supprimée. Les numéros gardent leur commune."),
}
SAID_OF_NUMBERS = {
    "donne": _l("C'est enregistré\u00a0: la commune répond à ce numéro dès le prochain appel."),
    "retire": _l("Ce numéro n'est plus à aucune commune\u00a0; celui qui l'appelle l'entend."),
}


@require_safe
@operator_required(READ_TELEPHONE)
def overview(request: DoorRequest) -> HttpResponse:
    """What is wrong first, then lines, servers and the calls of a day."""
    found = telephone.overview(now=clock.now(), real=clock.real_now())
    facts = {
        "found": found,
        "calls": found.calls[:CALLS_SHOWN],
        "may_set": allowed(request.actor, SET_TELEPHONE),
        "said": saying.said(request, SAID),
    }
    return rendered(request, "console/telephone.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(SET_TELEPHONE)
def new_line(request: DoorRequest) -> HttpResponse:
    """Take calls from one more line."""
    initial = {"kind": OperatorLine.Kind.REGISTRATION, "is_open": True}
    form = LineForm(request.POST if request.method == "POST" else None, communes=queries.communes(), initial=initial)
    if form.is_valid():
        try:
            lines.add_line(wanted=form.wanted, by=operator_of(request))
        except lines.NameTaken:
            form.add_error("name", _("Une autre ligne a déjà ce nom."))
        else:
            return saying.done(reverse("console:telephone"), "ajoutee")
    return rendered(request, "console/line.html", {"form": form, "line": None}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(SET_TELEPHONE)
def line(request: DoorRequest, line_id: int) -> HttpResponse:
    """Change a line."""
    found = _line_or_404(line_id)
    sent = request.POST if request.method == "POST" else None
    form = LineForm(sent, communes=queries.communes(), line=found, initial=initial_of(found))
    if form.is_valid():
        try:
            lines.change_line(pk=found.pk, wanted=form.wanted, by=operator_of(request))
        except lines.NameTaken:
            form.add_error("name", _("Une autre ligne a déjà ce nom."))
        except registry.UnknownLine as error:
            raise Http404 from error
        else:
            return saying.done(reverse("console:telephone"), "changee")
    return rendered(request, "console/line.html", {"form": form, "line": found}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(SET_TELEPHONE)
def remove_line(request: DoorRequest, line_id: int) -> HttpResponse:
    """Say what a removal does, then do it."""
    found = _line_or_404(line_id)
    if request.method == "POST":
        try:
            lines.remove_line(pk=found.pk, by=operator_of(request))
        except registry.UnknownLine as error:
            raise Http404 from error
        return saying.done(reverse("console:telephone"), "supprimee")
    return rendered(request, "console/line_remove.html", {"line": found})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(SET_TELEPHONE)
def numbers(request: DoorRequest) -> HttpResponse:
    """Whose each number is; one more."""
    form = NumberForm(request.POST if request.method == "POST" else None, communes=queries.communes())
    if form.is_valid() and _give(request, form):
        return saying.done(reverse("console:numbers"), "donne")
    rows = [(number, shown(number, region=region_of(one.zone)), one) for number, one in registry.numbers()]
    facts = {"form": form, "rows": rows, "said": saying.said(request, SAID_OF_NUMBERS)}
    return rendered(request, "console/numbers.html", facts, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(SET_TELEPHONE)
def remove_number(request: DoorRequest, number: str) -> HttpResponse:
    """Say what it does to take a number from its commune, then do it."""
    whole = f"+{number}"
    owner = dict(registry.numbers()).get(whole)
    if owner is None:
        raise Http404
    if request.method == "POST":
        lines.take_number(commune=owner, number=whole, by=operator_of(request))
        return saying.done(reverse("console:numbers"), "retire")
    facts = {"number": shown(whole, region=region_of(owner.zone)), "commune": owner}
    return rendered(request, "console/number_remove.html", facts)


def _give(request: DoorRequest, form: NumberForm) -> bool:
    """Whether the number was given; why not is told by the form."""
    commune: Commune = form.cleaned_data["commune"]
    try:
        lines.give_number(commune=commune, number=form.cleaned_data["number"], by=operator_of(request))
    except NumberTaken as taken:
        owner = dict(registry.numbers()).get(str(taken))
        told = {"name": owner.header_name if owner else _("une autre commune")}
        form.add_error("number", _("Ce numéro est déjà à «\u00a0%(name)s\u00a0»\u00a0: retirez-le-lui d'abord.") % told)
    except lines.TooManyNumbers:
        form.add_error("commune", _("Cette commune a déjà cinq numéros\u00a0: retirez-en un d'abord."))
    return not form.errors


def _line_or_404(pk: int) -> OperatorLine:
    try:
        return registry.operator_line(pk=pk)
    except registry.UnknownLine as error:
        raise Http404 from error
