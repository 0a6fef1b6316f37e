"""The families' absences: declaring one with its document, reading the answer, taking it back."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import absences as reads
from booking import documents, sentences
from booking.campaigns import activities_by_group
from booking.forms.absences import AbsenceForm, DocumentForm, ask_again
from booking.models import Absence
from booking.queries import JOURNAL_PAGE
from booking.services import absences as services
from lps.families.decorators import household_required
from lps.families.identity import FamilyRequest
from lps.families.queries.children import ChildAtSchool, children_of
from lps.journal.channels import Channel
from lps.ui import saying
from tenants import context

SAID: saying.Sentences = {
    "declaree": _("Votre déclaration est enregistrée. La mairie va l'examiner et vous répondre."),
    "deja": _("Vous aviez déjà déclaré cette absence : la voici."),
    "ajoute": _("Votre justificatif est enregistré."),
    "trop-tard": saying.Refusal(_("La mairie a déjà examiné cette absence : elle n'est plus modifiable.")),
    "retiree": _("Votre déclaration est retirée."),
}


@require_safe
@household_required
def absences(request: FamilyRequest) -> HttpResponse:
    """What the household declared, with the town's answers."""
    rows = list(reads.of_household(request.household)[:JOURNAL_PAGE])
    return render(request, "booking/absences.html", {"rows": rows, "said": saying.said(request, SAID)})


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
def declare(request: FamilyRequest) -> HttpResponse:
    """The declaration."""
    children = _children(request)
    if not children:
        return render(request, "booking/absence_form.html", {"children": children})
    sent = request.method == "POST"
    form = AbsenceForm(
        request.POST if sent else None,
        request.FILES if sent else None,
        children=children,
        activities=list(activities_by_group()),
        initial=_initial(request, children),
    )
    if form.is_valid():
        child = next(one.child for one in children if one.child.pk == form.cleaned_data["child"])
        done = services.declare(
            child=child,
            household=request.household,
            asked=form.asked,
            by=request.actor,
            channel=Channel.WEB,
            at=request.received_at,
            document=form.cleaned_data["document"],
        )
        if done.absence:
            where = reverse("booking:absence", args=[done.absence.pk])
            return saying.done(where, "deja" if done.again else "declaree")
        assert done.refusal is not None
        words = sentences.absence_refusal(done.refusal.code, done.refusal.facts, child=child.first_name)
        form.add_error("first_day", words)
    ask_again(form)
    facts = {"form": form, "children": children}
    return render(request, "booking/absence_form.html", facts, status=400 if form.is_bound else 200)


@require_safe
@household_required
def absence(request: FamilyRequest, absence_id: int) -> HttpResponse:
    """One declaration: its proof, its state, what may still be done."""
    return _show(request, _own(request, absence_id), DocumentForm())


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
def document(request: FamilyRequest, absence_id: int) -> HttpResponse:
    """The document, to look at; a POST adds it, or changes it, while the town has not examined the absence."""
    own = _own(request, absence_id)
    if request.method != "POST":
        return documents.answer(own.document, called=f"justificatif {own.number}")
    form = DocumentForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, own, form, status=400)
    added = services.add_document(
        absence=own,
        document=form.cleaned_data["document"],
        by=request.actor,
        channel=Channel.WEB,
        at=request.received_at,
    )
    return saying.done(reverse("booking:absence", args=[own.pk]), "ajoute" if added else "trop-tard")


@require_POST
@household_required
def withdraw(request: FamilyRequest, absence_id: int) -> HttpResponse:
    """Take a declaration back."""
    own = _own(request, absence_id)
    if services.withdraw(absence=own, by=request.actor, channel=Channel.WEB, at=request.received_at):
        return saying.done(reverse("booking:absences"), "retiree")
    return saying.done(reverse("booking:absence", args=[own.pk]), "trop-tard")


def _show(request: FamilyRequest, own: Absence, form: DocumentForm, *, status: int = 200) -> HttpResponse:
    zone = context.current().zone
    concerned = reads.concerned(own, zone=zone, at=request.received_at)
    waits = own.state == Absence.State.DECLARED
    facts = {
        "absence": own,
        "concerned": concerned,
        "cancelable": [one for one in concerned if one.cancelable] if waits else [],
        "waits": waits,
        "form": form,
        "is_picture": documents.is_picture(own.document),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/absence.html", facts, status=status)


def _own(request: FamilyRequest, absence_id: int) -> Absence:
    """The household's own declaration; anybody else's is the same 404."""
    found = reads.of_household(request.household).filter(pk=absence_id).first()
    if found is None:
        raise Http404
    return found


def _children(request: FamilyRequest) -> list[ChildAtSchool]:
    day = request.received_at.astimezone(context.current().zone).date()
    return children_of(household=request.household, day=day)


def _initial(request: FamilyRequest, children: list[ChildAtSchool]) -> dict[str, object]:
    """What the address already says: the child whose planning one comes from."""
    asked = next((one for one in children if one.code == request.GET.get("enfant")), None)
    return {"child": asked.child.pk} if asked else {}
