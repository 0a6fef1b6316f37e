"""Writing to many at once: a draft, its preview with its price, the sending, its report; infos flash in two clicks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.kernel import clock
from lps.office.forms.mailings import CountForm, FlashForm, MailingForm, TryForm, class_of, initial_of
from lps.office.rights import READ_SENDINGS, WRITE_TO_FAMILIES
from lps.ui import saying
from notifications import sentences
from notifications.models import Campaign, Outcome
from notifications.models import State as Sending
from notifications.rules import sms_text
from notifications.services import campaigns, resending
from notifications.services.campaigns import Counted, ReportLine
from tenants import context

PER_PAGE = 50
STEP, COUNT, REPLACE = "etape", "compter", "remplacer"
State = Campaign.State
SAID: saying.Sentences = {
    "garde": _("Votre brouillon est gardé : relisez-le, puis envoyez-le."),
    "essai": _("L'essai est parti. Il arrive dans la minute."),
    "envoye": _("C'est parti. Le compte rendu se remplit au fil des envois."),
    "programme": _("L'envoi est programmé. Vous pouvez l'annuler jusqu'à son heure."),
    "annule": _("L'envoi est annulé : personne ne l'a reçu."),
    "supprime": _("Le brouillon est supprimé."),
    "renvoyes": _("Les messages sont remis en file : ils partent dans la minute."),
    "rien": _("Rien n'était à renvoyer : ces messages sont partis, ou quelqu'un les a déjà renvoyés."),
    "personne": saying.Refusal(
        _("Rien n'est parti : ce message n'a pas de destinataire. Modifiez à qui vous l'écrivez.")
    ),
    "trop-tard": saying.Refusal(_("C'est trop tard : cet envoi est déjà parti, ou il a été annulé.")),
}
FATES: Mapping[str, Any] = {
    Sending.WAITING: _("en attente de départ"),
    Sending.SENDING: _("en cours d'envoi"),
    Sending.SENT: _("partis, remise pas encore confirmée"),
    Sending.DEAD: _("pas partis"),
    Sending.UNKNOWN: _("sort inconnu : le prestataire est interrogé"),
    Outcome.DELIVERED: _("remis"),
    Outcome.FAILED: _("non remis"),
}
BADGES: Mapping[str, str] = {
    Outcome.DELIVERED: "ok",
    Sending.SENT: "ok",
    Sending.DEAD: "bad",
    Outcome.FAILED: "bad",
}


@require_safe
@agent_required(READ_SENDINGS)
def mailings(request: DoorRequest) -> HttpResponse:
    """Every sending, the last first."""
    page = Paginator(_visible(request), PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": page,
        "may_write": allowed(request.actor, WRITE_TO_FAMILIES),
        "may_flash": _may_flash(request),
        "said": saying.said(request, SAID),
    }
    return render(request, "office/mailings.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(WRITE_TO_FAMILIES)
def new(request: DoorRequest) -> HttpResponse:
    """Write to many; nothing leaves before the preview."""
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(WRITE_TO_FAMILIES)
def edit(request: DoorRequest, mailing_id: int) -> HttpResponse:
    """Write a draft again."""
    found = _mailing_or_404(request, mailing_id)
    if found.state != State.DRAFT:
        return saying.done(_path(found), "trop-tard")
    return _form(request, found)


@require_safe
@agent_required(READ_SENDINGS)
def mailing(request: DoorRequest, mailing_id: int) -> HttpResponse:
    """A draft as it would leave, with its price; or what became of a sending."""
    return _shown(request, _mailing_or_404(request, mailing_id), TryForm())


@require_POST
@agent_required(WRITE_TO_FAMILIES)
def try_it(request: DoorRequest, mailing_id: int) -> HttpResponse:
    """Send a draft to oneself alone."""
    found, form = _mailing_or_404(request, mailing_id), TryForm(request.POST)
    if found.state != State.DRAFT:
        return saying.done(_path(found), "trop-tard")
    if found.sms_text and not form.is_valid():
        return _shown(request, found, form)
    assert request.account is not None
    campaigns.try_on_oneself(
        campaign=found,
        number=form.cleaned_data["number"] if found.sms_text else "",
        email=request.account.email,
        by=_agent(request),
        at=request.received_at,
    )
    return saying.done(_path(found), "essai")


@require_POST
@agent_required(WRITE_TO_FAMILIES)
def send(request: DoorRequest, mailing_id: int) -> HttpResponse:
    """Let a draft leave, at once or at its hour; not at once to nobody. Twice is once."""
    found = _mailing_or_404(request, mailing_id)
    if found.state == State.DRAFT and not found.send_at and _is_to_nobody(_counted_of(found)):
        return saying.done(_path(found), "personne")
    if not campaigns.send(pk=found.pk, by=_agent(request), at=request.received_at):
        return saying.done(_path(found), "trop-tard")
    return saying.done(_path(found), _sent(found.pk, at=request.received_at))


@require_POST
@agent_required(WRITE_TO_FAMILIES)
def cancel(request: DoorRequest, mailing_id: int) -> HttpResponse:
    """Give up a sending that waits for its hour."""
    found = _mailing_or_404(request, mailing_id)
    done = campaigns.cancel(pk=found.pk, by=_agent(request), at=request.received_at)
    return saying.done(_path(found), "annule" if done else "trop-tard")


@require_POST
@agent_required(WRITE_TO_FAMILIES)
def remove(request: DoorRequest, mailing_id: int) -> HttpResponse:
    """Forget a draft."""
    found = _mailing_or_404(request, mailing_id)
    if not campaigns.remove(pk=found.pk, by=_agent(request)):
        return saying.done(_path(found), "trop-tard")
    return saying.done(reverse("office:mailings"), "supprime")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(WRITE_TO_FAMILIES)
def resend(request: DoorRequest, mailing_id: int) -> HttpResponse:
    """What did not leave of a sending: counted, then put back in the queue together."""
    found = _mailing_or_404(request, mailing_id)
    if request.method == "POST":
        number = campaigns.resend_dead(campaign=found, by=_agent(request), at=request.received_at)
        return saying.done(_path(found), "renvoyes" if number else "rien")
    bulk = resending.look(campaigns.stuck(found), now=request.received_at)
    facts = {"bulk": bulk, "back": _path(found), "back_words": found.title}
    return render(request, "office/resend_many.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(WRITE_TO_FAMILIES)
def flash(request: DoorRequest) -> HttpResponse:
    """An SMS to a topic's subscribers, at once: open, write, send."""
    if not _may_flash(request):
        raise PermissionDenied
    agent, step = _agent(request), request.POST.get(STEP, "")
    sent = _replaced(request) if step == REPLACE else request.POST
    form = FlashForm(sent if request.method == "POST" else None, agent=agent)
    if not form.is_bound or not form.is_valid() or step in (COUNT, REPLACE):
        counted = _counted(form.cleaned_data) if form.is_bound and form.is_valid() else None
        return render(request, "office/mailing_flash.html", {"form": form, "counted": counted})
    made = campaigns.flash(
        text=form.cleaned_data["sms_text"],
        choice=form.cleaned_data["audience"],
        message_class=class_of(form.cleaned_data["audience"], danger=form.cleaned_data["danger"]),
        by=agent,
        at=request.received_at,
    )
    return saying.done(_path(made), _sent(made.pk, at=request.received_at))


@require_POST
@agent_required(WRITE_TO_FAMILIES)
def count(request: DoorRequest) -> HttpResponse:
    """What is typed so far, counted: a line for the script that follows the writing."""
    form = CountForm(request.POST, agent=_agent(request))
    counted = _counted(form.cleaned_data) if form.is_valid() else None
    facts = {"counted": counted, "form": form, "is_typed": True, "live": True}
    return render(request, "office/mailing_count.html", facts)


def _form(request: DoorRequest, found: Campaign | None) -> HttpResponse:
    agent, step = _agent(request), request.POST.get(STEP, "")
    if request.method != "POST":
        form = MailingForm(agent=agent, initial=initial_of(found) if found else None)
        return _written(request, form, found)
    form = MailingForm(_replaced(request) if step == REPLACE else request.POST, agent=agent)
    if not form.is_valid() or step in (COUNT, REPLACE):
        return _written(request, form, found)
    if found is None:
        return saying.done(_path(campaigns.write(words=form.words, by=agent, at=request.received_at)), "garde")
    changed = campaigns.change(pk=found.pk, words=form.words, by=agent, at=request.received_at)
    return saying.done(_path(found), "garde" if changed else "trop-tard")


def _written(request: DoorRequest, form: MailingForm, found: Campaign | None) -> HttpResponse:
    counted = _counted(form.cleaned_data) if form.is_bound and "audience" in form.cleaned_data else None
    return render(request, "office/mailing_form.html", {"form": form, "edited": found, "counted": counted})


def _replaced(request: DoorRequest) -> Any:
    """The form with the letters that double the price written otherwise."""
    sent = request.POST.copy()
    sent["sms_text"] = sms_text.simplified(sent.get("sms_text", "")[:800])
    return sent


def _shown(request: DoorRequest, found: Campaign, form: TryForm) -> HttpResponse:
    now, is_draft = request.received_at, found.state == State.DRAFT
    waits = is_draft or found.state == State.SCHEDULED
    counted = _counted_of(found) if waits else None
    lines = campaigns.report(found) if found.state == State.QUEUED else []
    facts = {
        "mailing": found,
        "audience": found.audience["label"],
        "counted": counted,
        "is_to_nobody": is_draft and not found.send_at and counted is not None and _is_to_nobody(counted),
        "leaves_at": campaigns.leaves_at(found, now=now) if waits and found.sms_text else found.send_at,
        "is_late": found.state == State.SCHEDULED and found.send_at is not None and found.send_at <= now,
        "lines": [_line(line) for line in lines],
        "is_moving": any(line.fate in (Sending.WAITING, Sending.SENDING, Sending.UNKNOWN) for line in lines),
        "is_stuck": not found.report and any(line.fate in (Sending.DEAD, Sending.UNKNOWN) for line in lines),
        "spent": campaigns.spent(found) if found.state == State.QUEUED else None,
        "form": form,
        "may_write": allowed(request.actor, WRITE_TO_FAMILIES),
        "said": saying.said(request, SAID),
    }
    return render(request, "office/mailing.html", facts, status=400 if form.errors else 200)


def _line(line: ReportLine) -> dict[str, Any]:
    return {
        "fate": FATES.get(line.fate, line.fate),
        "why": sentences.why(line.why),
        "number": line.number,
        "badge": BADGES.get(line.fate, "wait"),
        "is_sms": line.kind == "sms",
    }


def _counted(given: dict[str, Any]) -> Counted:
    today = clock.today(context.current().zone)
    sms, email = given.get("sms_text", ""), given.get("email_text", "")
    choice, danger = given["audience"], bool(given.get("danger"))
    return campaigns.count(
        audience=choice.kept, sms=sms, email=email, today=today, message_class=class_of(choice, danger=danger)
    )


def _counted_of(found: Campaign) -> Counted:
    today = clock.today(context.current().zone)
    return campaigns.count(
        audience=found.audience,
        sms=found.sms_text,
        email=found.email_text,
        today=today,
        message_class=found.message_class,
    )


def _is_to_nobody(counted: Counted) -> bool:
    return not counted.numbers and not counted.addresses


def _sent(pk: int, *, at: datetime) -> str:
    """The word of a sending that was confirmed: it leaves, or waits for its hour."""
    return "programme" if Campaign.objects.filter(pk=pk, send_at__gt=at).exists() else "envoye"


def _visible(request: DoorRequest) -> Any:
    agent = _agent(request)
    return campaigns.visible(sites=agent.sites, activities=agent.activities)


def _mailing_or_404(request: DoorRequest, pk: int) -> Campaign:
    found = _visible(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    assert isinstance(found, Campaign)
    return found


def _may_flash(request: DoorRequest) -> bool:
    """Topics are the whole town's."""
    agent = _agent(request)
    return allowed(agent, WRITE_TO_FAMILIES) and not (agent.sites or agent.activities)


def _agent(request: DoorRequest) -> Agent:
    assert isinstance(request.actor, Agent)
    return request.actor


def _path(found: Campaign) -> str:
    return reverse("office:mailing", args=[found.pk])
