"""The agents' absences: those to examine, each with its document, and those noted for a family that telephones."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from booking import absences as reads
from booking import documents, sentences
from booking.campaigns import activities_by_group
from booking.forms.absences import AnswerForm, NotedAbsenceForm, ask_again
from booking.models import Absence, Activity
from booking.rights import ANSWER_ABSENCES, READ_ABSENCES
from booking.services import absences as services
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.access import children_at
from lps.families.models import Household
from lps.families.queries.children import ChildAtSchool, children_of
from lps.families.views.agents.frame import frame, household_or_404
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.ui import saying
from tenants import context

PER_PAGE = 50
EXAMINED = "examinees"
SAID = {
    "accepted": _("L'absence est acceptée. La famille en est prévenue par e-mail."),
    "refused": _("L'absence est refusée. La famille en est prévenue par e-mail."),
    "entre-temps": _("Rien n'est changé : un collègue ou la famille a agi entre-temps. Voici où en est cette absence."),
    "notee": _("L'absence est notée."),
    "deja": _("Cette absence était déjà notée."),
}


@require_safe
@agent_required(READ_ABSENCES)
def absences(request: DoorRequest) -> HttpResponse:
    """The queue; with `?etat=examinees`, those that were answered."""
    is_past = request.GET.get("etat") == EXAMINED
    rows = reads.examined(request.actor) if is_past else reads.to_examine(request.actor)
    facts = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "query": f"etat={EXAMINED}" if is_past else "",
        "is_past": is_past,
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/absences.html", facts)


@require_safe
@agent_required(READ_ABSENCES)
def absence(request: DoorRequest, absence_id: int) -> HttpResponse:
    """One absence: what it is about, its document, the answer."""
    found = _seen_or_404(request, absence_id)
    return _show(request, found, AnswerForm(initial={"seen": found.state}))


@require_POST
@agent_required(ANSWER_ABSENCES)
def answer(request: DoorRequest, absence_id: int) -> HttpResponse:
    """Accept it or refuse it; the family is told."""
    found = _seen_or_404(request, absence_id)
    if not _may_answer(request, found):
        raise PermissionDenied
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=400)
    state = form.cleaned_data["state"]
    done = services.answer(
        absence=found,
        state=state,
        words=form.cleaned_data["words"],
        seen=form.cleaned_data["seen"],
        by=_agent(request),
        at=request.received_at,
    )
    if done:
        return saying.done(reverse("booking_office:absences"), state)
    return saying.done(reverse("booking_office:absence", args=[found.pk]), "entre-temps")


@require_safe
@agent_required(READ_ABSENCES)
def document(request: DoorRequest, absence_id: int) -> HttpResponse:
    """The document. Who read it is written down: it may tell of an illness."""
    found = _seen_or_404(request, absence_id)
    answer = documents.answer(found.document, called=f"justificatif {found.number}")
    subject = f"absence:{found.pk}"
    record(by=_agent(request), channel=Channel.OFFICE, action="absence_document_read", subject=subject)
    return answer


@require_safe
@agent_required(READ_ABSENCES)
def of_family(request: DoorRequest, household_id: int) -> HttpResponse:
    """The absences of a family."""
    household = household_or_404(request, household_id, READ_ABSENCES)
    form = _noted_form(request, household) if allowed(request.actor, ANSWER_ABSENCES) else None
    return _show_family(request, household, form)


@require_POST
@agent_required(ANSWER_ABSENCES)
def note(request: DoorRequest, household_id: int) -> HttpResponse:
    """Note an absence for a family that telephones."""
    household = household_or_404(request, household_id, ANSWER_ABSENCES)
    form = _noted_form(request, household)
    if form.is_valid() and (word := _note(request, household, form)):
        return saying.done(reverse("booking_office:family_absences", args=[household.pk]), word)
    ask_again(form)
    return _show_family(request, household, form, status=400)


def _show(request: DoorRequest, found: Absence, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    facts = {
        "absence": found,
        "concerned": reads.concerned(
            found, zone=context.current().zone, at=request.received_at, only=_agent(request).activities
        ),
        "form": form,
        "may_answer": _may_answer(request, found) and found.state != Absence.State.WITHDRAWN,
        "waits": found.state == Absence.State.DECLARED,
        "is_picture": documents.is_picture(found.document),
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/absence.html", facts, status=status)


def _show_family(
    request: DoorRequest, household: Household, form: NotedAbsenceForm | None, *, status: int = 200
) -> HttpResponse:
    rows = reads.seen_by(request.actor).filter(household=household).order_by("-declared_at", "-pk")
    facts = {
        **frame(request, household),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "query": "",
        "form": form,
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/family_absences.html", facts, status=status)


def _noted_form(request: DoorRequest, household: Household) -> NotedAbsenceForm:
    sent = request.method == "POST"
    form = NotedAbsenceForm(
        request.POST if sent else None,
        request.FILES if sent else None,
        children=_children(request, household),
        activities=_activities(request),
        initial={"accepted": True},
    )
    if _agent(request).activities:  # all of them is more than the agent's own
        form.fields["activities"].required = True
        form.fields["activities"].help_text = str(_("Cochez celles qui sont concernées."))
    return form


def _note(request: DoorRequest, household: Household, form: NotedAbsenceForm) -> str:
    """Note the absence; the word of what was done, "" with an error in the form."""
    wanted = form.cleaned_data["child"]
    child = next(one.child for one in _children(request, household) if one.child.pk == wanted)
    done = services.declare(
        child=child,
        household=household,
        asked=form.asked,
        by=_agent(request),
        channel=Channel.OFFICE,
        at=request.received_at,
        document=form.cleaned_data["document"],
        accepted=form.cleaned_data["accepted"],
    )
    if done.refusal:
        words = sentences.absence_refusal(done.refusal.code, done.refusal.facts, child=child.first_name)
        form.add_error("first_day", words)
        return ""
    return "deja" if done.again else "notee"


def _children(request: DoorRequest, household: Household) -> Sequence[ChildAtSchool]:
    day = request.received_at.astimezone(context.current().zone).date()
    return children_at(request.actor, children_of(household=household, day=day), day=day)


def _activities(request: DoorRequest) -> list[Activity]:
    own = _agent(request).activities
    return [one for one in activities_by_group() if not own or one.pk in own]


def _seen_or_404(request: DoorRequest, absence_id: int) -> Absence:
    """The absence, if it is of the schools and activities of this agent."""
    found = reads.seen_by(request.actor).filter(pk=absence_id).first()
    if found is None:
        raise Http404
    return found


def _may_answer(request: DoorRequest, absence: Absence) -> bool:
    """An agent kept to some activities answers for these alone: not for an absence that is about others too."""
    own, asked = _agent(request).activities, {one.pk for one in absence.activities.all()}
    return allowed(request.actor, ANSWER_ABSENCES) and (not own or (bool(asked) and asked <= own))


def _agent(request: DoorRequest) -> Agent:
    assert isinstance(request.actor, Agent)
    return request.actor
