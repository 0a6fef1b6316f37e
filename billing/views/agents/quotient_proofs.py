"""The proofs of quotients that families sent: the queue, one of them with its document, the answer."""

from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from billing import quotients as reads
from billing import words
from billing.forms.proofs import ProofAnswerForm
from billing.models import Quotient, QuotientProof
from billing.rights import READ_QUOTIENTS, SET_QUOTIENTS
from billing.services import quotient_proofs as services
from billing.services.quotients import QuotientRefused
from booking import documents
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.views.agents.frame import agent_of, household_or_404
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.ui import saying
from tenants import context

PER_PAGE = 50
EXAMINED = "examines"
# A quotient that ends so soon is followed by the new one; else the new one begins with this month.
SOON = timedelta(days=60)
SAID = {
    "accepte": _("Le quotient est enregistré. La famille en est prévenue par e-mail."),
    "refuse": _("Le justificatif est refusé. La famille en est prévenue par e-mail."),
    "entre-temps": _(
        "Rien n'est changé : un collègue a répondu, ou la famille a envoyé un autre document. Voici où en est ce "
        "justificatif."
    ),
}


@require_safe
@agent_required(READ_QUOTIENTS)
def proofs(request: DoorRequest) -> HttpResponse:
    """The queue; with `?etat=examines`, those that were answered."""
    is_past = request.GET.get("etat") == EXAMINED
    rows = reads.proofs_examined(request.actor) if is_past else reads.proofs_to_examine(request.actor)
    facts = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "query": f"etat={EXAMINED}" if is_past else "",
        "is_past": is_past,
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/quotient_proofs.html", facts)


@require_safe
@agent_required(READ_QUOTIENTS)
def proof(request: DoorRequest, proof_id: int) -> HttpResponse:
    """One proof: whose it is, its document, what is noted already, the answer."""
    found = _seen_or_404(request, proof_id)
    rows = reads.of_household(found.household)
    initial = {"seen": services.seen(found), "since": _since(rows, _today())}
    return _show(request, found, ProofAnswerForm(initial=initial), rows)


@require_POST
@agent_required(SET_QUOTIENTS)
def answer(request: DoorRequest, proof_id: int) -> HttpResponse:
    """Accept it with the quotient, or refuse it with a reason; the family is told."""
    found = _seen_or_404(request, proof_id)
    household_or_404(request, found.household_id, SET_QUOTIENTS)
    form = ProofAnswerForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=400)
    try:
        done = _answered(request, found, form)
    except QuotientRefused as error:
        form.add_error("last_day", str(words.QUOTIENTS[error.refusal.code]))
        return _show(request, found, form, status=400)
    if not done:
        return saying.done(reverse("billing_office:quotient_proof", args=[found.pk]), "entre-temps")
    if form.accepts and reads.issued_since(found.household, form.cleaned_data["since"]):
        return saying.done(reverse("billing_office:family_quotient", args=[found.household_id]), "tardif")
    return saying.done(reverse("billing_office:quotient_proofs"), "accepte" if form.accepts else "refuse")


@require_safe
@agent_required(READ_QUOTIENTS)
def document(request: DoorRequest, proof_id: int) -> HttpResponse:
    """The document. Who read it is written down: it tells what a family earns."""
    found = _seen_or_404(request, proof_id)
    if not found.document:
        raise Http404
    response = documents.answer(found.document, called=f"quotient {found.sent_at:%Y-%m-%d}")
    by, action = agent_of(request), "quotient_document_read"
    record(by=by, channel=Channel.OFFICE, action=action, subject=found.household.holder, after={"proof": found.pk})
    return response


def _answered(request: DoorRequest, found: QuotientProof, form: ProofAnswerForm) -> bool:
    told = {
        "proof": found,
        "words": form.cleaned_data["words"],
        "seen": form.cleaned_data["seen"],
        "by": agent_of(request),
        "at": clock.now(),
    }
    if form.accepts:
        return services.accept(spec=form.spec, **told) is not None
    return services.refuse(**told)


def _show(
    request: DoorRequest,
    found: QuotientProof,
    form: ProofAnswerForm,
    rows: list[Quotient] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    rows = reads.of_household(found.household) if rows is None else rows
    waits = found.state == QuotientProof.State.SENT
    facts: dict[str, Any] = {
        "proof": found,
        "form": form,
        "now": reads.in_force(rows, _today()),
        "waits": waits,
        "may_answer": waits and allowed(request.actor, SET_QUOTIENTS),
        "is_picture": documents.is_picture(found.document),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/quotient_proof.html", facts, status=status)


def _since(rows: list[Quotient], today: date) -> date:
    """The day that a new quotient most likely begins."""
    now = reads.in_force(rows, today)
    end: date | None = now.valid_during.upper if now else None
    return end if end and end <= today + SOON else today.replace(day=1)


def _seen_or_404(request: DoorRequest, proof_id: int) -> QuotientProof:
    """The proof, if it is of a family of this agent's schools."""
    found = reads.proofs_seen_by(request.actor).filter(pk=proof_id).first()
    if found is None:
        raise Http404
    return found


def _today() -> date:
    return clock.today(context.current().zone)
