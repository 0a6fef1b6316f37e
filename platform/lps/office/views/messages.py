"""Messages of the home page: writing, looking at them as families will, publishing, withdrawing."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import may_for_all
from lps.journal import town_messages as journal
from lps.journal.actors import Actor
from lps.office.forms.published import MessageForm, initial_of
from lps.office.rights import READ_MESSAGES, WRITE_MESSAGES
from lps.ui import saying
from tenants.town import messages as town
from tenants.town.messages import MessageOver, State
from tenants.town.models import Message

PER_PAGE = 50
# What the buttons of the form ask for; anything else shows it as families will see it.
STEP, KEEP, PUBLISH, MEND = "etape", "garder", "publier", "corriger"
OVER = _("La fin de l'affichage est déjà passée\u00a0: choisissez un jour plus tard.")
SAID = {
    "garde": _("Votre brouillon est gardé. Les familles ne le voient pas."),
    "publie": _("Le message est publié sur la page d'accueil des familles."),
    "prevu": _("Le message est prêt\u00a0: il s'affichera au jour choisi."),
    "change": _("Les changements sont publiés."),
    "retire": _(
        "Le message n'est plus affiché. Il est revenu dans les brouillons\u00a0: vous pouvez le publier de nouveau."
    ),
    "copie": _("Voici une copie, en brouillon\u00a0: changez ce qui doit l'être, puis publiez-la."),
    "supprime": _("Le brouillon est supprimé."),
}


@require_safe
@agent_required(READ_MESSAGES)
def messages(request: DoorRequest) -> HttpResponse:
    """All messages: drafts, those to come, those shown, those of the past."""
    page = Paginator(town.in_order(now=request.received_at), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(one, town.state(one, now=request.received_at).value) for one in page.object_list]
    facts = {
        "page": page,
        "rows": rows,
        "may_write": may_for_all(request.actor, WRITE_MESSAGES),
        "said": saying.said(request, SAID),
    }
    return render(request, "office/messages.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(WRITE_MESSAGES)
def new(request: DoorRequest) -> HttpResponse:
    """Write a message."""
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(WRITE_MESSAGES)
def edit(request: DoorRequest, message_id: int) -> HttpResponse:
    """Write a message again: a draft, or one that families read already."""
    return _form(request, _message_or_404(message_id))


@require_safe
@agent_required(READ_MESSAGES)
def message(request: DoorRequest, message_id: int) -> HttpResponse:
    """One message as families see it, and what can be done with it."""
    return _show(request, _message_or_404(message_id))


@require_POST
@agent_required(WRITE_MESSAGES)
def publish(request: DoorRequest, message_id: int) -> HttpResponse:
    """Show a draft."""
    actor, found = _writer(request), _message_or_404(message_id)
    try:
        published = journal.publish(pk=found.pk, now=request.received_at, by=actor)
    except Message.DoesNotExist as error:
        raise Http404 from error
    except MessageOver:
        return _show(request, found, refused=str(OVER))
    return saying.done(_path(published), _published(request, published))


@require_POST
@agent_required(WRITE_MESSAGES)
def withdraw(request: DoorRequest, message_id: int) -> HttpResponse:
    """Take a message off the home page."""
    actor = _writer(request)
    try:
        withdrawn = journal.withdraw(pk=message_id, by=actor)
    except Message.DoesNotExist as error:
        raise Http404 from error
    return saying.done(_path(withdrawn), "retire")


@require_POST
@agent_required(WRITE_MESSAGES)
def copy(request: DoorRequest, message_id: int) -> HttpResponse:
    """Start a new message from the words of another."""
    actor = _writer(request)
    try:
        made = journal.copy(pk=message_id, now=request.received_at, by=actor)
    except Message.DoesNotExist as error:
        raise Http404 from error
    return saying.done(reverse("office:message_edit", args=[made.pk]), "copie")


@require_POST
@agent_required(WRITE_MESSAGES)
def remove(request: DoorRequest, message_id: int) -> HttpResponse:
    """Forget a draft."""
    if not journal.remove(pk=message_id, by=_writer(request)):
        raise Http404
    return saying.done(reverse("office:messages"), "supprime")


def _form(request: DoorRequest, found: Message | None) -> HttpResponse:
    actor, now = _writer(request), request.received_at
    started = found is not None and town.state(found, now=now) in (State.SHOWN, State.PAST)
    if request.method != "POST":
        form = MessageForm(initial=initial_of(found, now=now) if found else None, started=started)
        return _written(request, form, found)
    form, step = MessageForm(request.POST, started=started), request.POST.get(STEP, "")
    if not form.is_valid() or step == MEND:
        return _written(request, form, found)
    if step not in (KEEP, PUBLISH):
        shown = Message(title=form.words.title, body=form.words.body, starts_at=form.words.starts_at or now)
        if started and found:
            shown.starts_at = found.starts_at
        return _written(request, form, found, preview=shown)
    try:
        saved = _save(form, found, publish=step == PUBLISH, request=request, by=actor)
    except MessageOver:
        form.add_error("ends_day", str(OVER))
        return _written(request, form, found)
    if saved.is_draft:
        return saying.done(_path(saved), "garde")
    return saying.done(_path(saved), "change" if found and not found.is_draft else _published(request, saved))


def _save(form: MessageForm, found: Message | None, *, publish: bool, request: DoorRequest, by: Actor) -> Message:
    if found is None:
        return journal.write(words=form.words, publish=publish, now=request.received_at, by=by)
    try:
        return journal.change(pk=found.pk, words=form.words, publish=publish, now=request.received_at, by=by)
    except Message.DoesNotExist as error:
        raise Http404 from error


def _written(
    request: DoorRequest, form: MessageForm, found: Message | None, *, preview: Message | None = None
) -> HttpResponse:
    facts = {
        "form": form,
        "message": preview or found,
        "preview": preview,
        "edited": found,
        "is_draft": found is None or found.is_draft,
        "said": saying.said(request, SAID),
    }
    return render(request, "office/message_preview.html" if preview else "office/message_form.html", facts)


def _show(request: DoorRequest, found: Message, *, refused: str = "") -> HttpResponse:
    facts = {
        "message": found,
        "state": town.state(found, now=request.received_at).value,
        "may_write": may_for_all(request.actor, WRITE_MESSAGES),
        "refused": refused,
        "said": saying.said(request, SAID),
    }
    return render(request, "office/message.html", facts, status=400 if refused else 200)


def _writer(request: DoorRequest) -> Actor:
    """The agent, if what they write may reach every family."""
    if not may_for_all(request.actor, WRITE_MESSAGES) or request.actor is None:
        raise PermissionDenied
    return request.actor


def _message_or_404(pk: int) -> Message:
    found = town.find(pk)
    if found is None:
        raise Http404
    return found


def _path(message: Message) -> str:
    return reverse("office:message", args=[message.pk])


def _published(request: DoorRequest, message: Message) -> str:
    return "prevu" if town.state(message, now=request.received_at) is State.PLANNED else "publie"
