"""A family's quotient: what the town has noted, the proof that it sends, the answers."""

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import quotients as reads
from billing.forms.proofs import ProofForm
from billing.models import QuotientProof
from billing.services import quotient_proofs as services
from booking import documents
from lps.families.decorators import household_required
from lps.families.identity import FamilyRequest
from lps.ui import saying
from tenants import context

A_YEAR = timedelta(days=365)
SAID = {
    "envoye": _("Votre justificatif est envoyé. La mairie va l'examiner et vous répondre."),
    "retire": _("Votre justificatif est retiré."),
    "trop-tard": _("La mairie a déjà répondu à ce justificatif : voici sa réponse."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@household_required
def quotient(request: FamilyRequest) -> HttpResponse:
    """What is noted, what waits, and the form that sends a proof."""
    if request.method != "POST":
        return _page(request, ProofForm())
    form = ProofForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=400)
    services.send(
        household=request.household,
        kind=form.cleaned_data["kind"],
        document=form.cleaned_data["document"],
        by=request.actor,
        at=request.received_at,
    )
    return saying.done(reverse("billing:quotient"), "envoye")


@require_POST
@household_required
def withdraw(request: FamilyRequest) -> HttpResponse:
    """Take back the proof that waits."""
    done = services.withdraw(household=request.household, by=request.actor, at=request.received_at)
    return saying.done(reverse("billing:quotient"), "retire" if done else "trop-tard")


@require_safe
@household_required
def document(request: FamilyRequest, proof_id: int) -> HttpResponse:
    """A document that the family sent, while it is kept with its proof; anybody else's is the same 404."""
    found = QuotientProof.objects.filter(household=request.household, pk=proof_id).exclude(document="").first()
    if found is None:
        raise Http404
    return documents.answer(found.document, called=f"quotient {found.sent_at:%Y-%m-%d}")


def _page(request: FamilyRequest, form: ProofForm, *, status: int = 200) -> HttpResponse:
    today = request.received_at.astimezone(context.current().zone).date()
    rows = reads.of_household(request.household)
    proofs = reads.proofs_of(request.household)
    facts = {
        "form": form,
        "now": reads.in_force(rows, today),
        "coming": [row for row in rows if row.valid_during.lower > today],
        "matters": reads.matter(today, today + A_YEAR),
        "waiting": next((one for one in proofs if one.state == QuotientProof.State.SENT), None),
        "answered": [one for one in proofs if one.state != QuotientProof.State.SENT],
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/quotient.html", facts, status=status)
