"""Reconciliation: the Treasury's file sent, every difference named, and what an agent does about one."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import reconciliation as reads
from billing import reconciliation_words as words
from billing.models import TreasuryFile, TreasuryLine
from billing.rights import READ_PAYMENTS, RECONCILE
from billing.rules.reconciliation import MAX_BYTES, FileRefused, Outcome
from billing.services import reconciliation as services
from billing.services.payments import PaymentRefused
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.views.agents.frame import agent_of_all
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from lps.ui import saying
from tenants import context

PER_PAGE = 50
_WANTED = _l("Écrivez pourquoi vous enregistrez ce paiement, en 200 caractères au plus.")


class ReasonForm(forms.Form):
    """Why a line is recorded as a payment."""

    reason = forms.CharField(
        label=_l("Motif"),
        help_text=_l("Par exemple : vu sur le relevé du compte de dépôt de fonds."),
        max_length=200,
        validators=[ProhibitNullCharactersValidator()],
        error_messages={"required": _WANTED, "max_length": _WANTED},
    )


@require_safe
@agent_required(READ_PAYMENTS)
def files(request: DoorRequest) -> HttpResponse:
    """The files received, and the form that sends one."""
    return _list(request)


@require_POST
@agent_required(RECONCILE)
def send(request: DoorRequest) -> HttpResponse:
    """Receive a file; one that is refused is told on the same page."""
    actor = agent_of_all(request)
    try:
        file, is_new = _received(request.FILES.get("fichier"), by=actor)
    except FileRefused as error:
        return _list(request, refused=words.refusal(error.refusal), status=400)
    return saying.done(reverse("billing_office:treasury_file", args=[file.pk]), "new" if is_new else "known")


@require_safe
@agent_required(READ_PAYMENTS)
def file(request: DoorRequest, file_id: int) -> HttpResponse:
    """What a file says beside what is recorded now: the differences, or every line when asked."""
    agent_of_all(request)
    return _show(request, get_object_or_404(TreasuryFile, pk=file_id))


@require_POST
@agent_required(RECONCILE)
def ask(request: DoorRequest, file_id: int, rank: int) -> HttpResponse:
    """Ask the Treasury again about a line."""
    actor = agent_of_all(request)
    answer = services.ask_again(line=_line(file_id, rank), by=actor, at=clock.now())
    return saying.done(reverse("billing_office:treasury_file", args=[file_id]), answer)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(RECONCILE)
def record(request: DoorRequest, file_id: int, rank: int) -> HttpResponse:
    """What recording a line will do, and a POST does it."""
    actor = agent_of_all(request)
    line = _line(file_id, rank)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    found = reads.of_line(line)
    if found is None or not found.may_record:
        return _show(request, line.file, refused=words.refusal(Refusal("gone")), status=400)
    if form.is_valid():
        try:
            services.record_line(line=line, reason=form.cleaned_data["reason"], by=actor, at=clock.now())
        except (services.LineRefused, PaymentRefused):  # another agent or the Treasury was quicker
            return _show(request, line.file, refused=words.refusal(Refusal("gone")), status=400)
        return saying.done(reverse("billing_office:treasury_file", args=[file_id]), "recorded")
    facts = {"file": line.file, "line": line, "found": found, "left": reads.left(found), "form": form}
    return render(request, "billing/office/treasury_line.html", facts, status=400 if form.is_bound else 200)


@require_POST
@agent_required(RECONCILE)
def confirm(request: DoorRequest, file_id: int) -> HttpResponse:
    """Record the payments by address that a file proves, which its page has shown."""
    actor = agent_of_all(request)
    number = services.record_confirmed(file=get_object_or_404(TreasuryFile, pk=file_id), by=actor, at=clock.now())
    path = reverse("billing_office:treasury_file", args=[file_id])
    return saying.done(path, "confirmed" if number else "nothing")


def _list(request: DoorRequest, *, refused: str = "", status: int = 200) -> HttpResponse:
    actor = agent_of_all(request)
    facts = {
        "page": Paginator(reads.received(), PER_PAGE).get_page(request.GET.get("page")),
        "may_send": allowed(actor, RECONCILE),
        "refused": refused,
    }
    return render(request, "billing/office/treasury_files.html", facts, status=status)


def _received(sent: Any, *, by: Any) -> tuple[TreasuryFile, bool]:
    if sent is None:
        raise FileRefused("choose")
    if (sent.size or 0) > MAX_BYTES:
        raise FileRefused("too_heavy")
    now, today = clock.now(), clock.today(context.current().zone)
    return services.receive(content=sent.read(), name=sent.name or "", by=by, at=now, today=today)


def _line(file_id: int, rank: int) -> TreasuryLine:
    return get_object_or_404(TreasuryLine.objects.select_related("file"), file=file_id, rank=rank)


def _show(request: DoorRequest, file: TreasuryFile, *, refused: str = "", status: int = 200) -> HttpResponse:
    rows = reads.compared(reads.told_of(file))
    every = request.GET.get("lignes") == "toutes"
    differences = [one for one in rows if one.outcome is not Outcome.AGREED]
    page = Paginator(rows if every else differences, PER_PAGE).get_page(request.GET.get("page"))
    counts = reads.counts(rows)
    facts: dict[str, Any] = {
        "file": file,
        "office": reads.office_of(file),
        "page": page,
        "query": "lignes=toutes" if every else "",
        "every": every,
        "counts": [(words.TITLES[one], counts.get(one, 0), file.found.get(one, 0)) for one in reads.ORDER],
        "differences": len(differences),
        "confirmed": _confirmed(rows),
        "may_act": allowed(request.actor, RECONCILE),
        "refused": refused,
        "said": saying.said(request, words.ANSWERS),
    }
    return render(request, "billing/office/treasury_file.html", facts, status=status)


def _confirmed(rows: list[reads.Compared]) -> dict[str, Any]:
    """What one press of the button will record, and how much it is."""
    amounts = [one.finding.line.amount for one in rows if one.outcome is Outcome.CONFIRMED and one.finding.line]
    most = services.CONFIRMED_AT_ONCE
    return {"number": len(amounts[:most]), "total": sum(amounts[:most]), "rest": len(amounts[most:])}
