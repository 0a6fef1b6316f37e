"""What the town decides of its SMS service: topics, public form; who subscribed, and the record of consents."""

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import may_for_all
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.office.forms.sms import FormSettingsForm, TopicForm
from lps.office.rights import MANAGE_SMS, READ_SMS
from lps.ui import downloads, saying
from notifications import queries, sms_form
from notifications.models import Consent, Subscriber, Topic
from notifications.rules.numbers import masked
from notifications.services import sms_service, subscriptions
from notifications.services.sms_service import TopicTaken
from tenants import context

PER_PAGE = 50
# Of a file that one waits for; a town of fifty thousand has fewer.
MOST_LINES = 100_000
SAID = {
    "theme": _l("Le thème est enregistré."),
    "retire": _l("Le thème n'est plus proposé ; ses abonnements sont terminés."),
    "formulaire": _l("Le formulaire est enregistré. Les habitants le voient ainsi dès maintenant."),
    "arrete": _l("C'est arrêté : ce numéro ne reçoit plus rien de ses thèmes."),
}


@require_safe
@agent_required(READ_SMS)
def service(request: DoorRequest) -> HttpResponse:
    """The topics with their subscribers, and what else can be set."""
    standing = Count("consents", filter=Q(consents__ended_at=None))
    topics = list(Topic.objects.filter(retired_at=None).annotate(subscribers=standing).order_by("order", "pk"))
    facts = {
        "topics": topics,
        "row": queries.sending(),
        "may_read": may_for_all(request.actor, READ_SMS),
        "may_manage": may_for_all(request.actor, MANAGE_SMS),
        "said": saying.said(request, SAID),
    }
    return render(request, "office/sms_service.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MANAGE_SMS)
def form_settings(request: DoorRequest) -> HttpResponse:
    """The public form: open or not, its words, its fields."""
    actor = _manager(request)
    form = FormSettingsForm(request.POST if request.method == "POST" else None, row=queries.sending())
    if form.is_valid():
        is_open, welcome = form.cleaned_data["form_is_open"], form.cleaned_data["welcome"]
        sms_service.set_form(form_is_open=is_open, welcome=welcome, fields=form.how, by=actor)
        return saying.done(reverse("office:sms_service"), "formulaire")
    return render(request, "office/sms_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MANAGE_SMS)
def new_topic(request: DoorRequest) -> HttpResponse:
    """Offer one more topic."""
    return _topic_form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MANAGE_SMS)
def topic(request: DoorRequest, topic_id: int) -> HttpResponse:
    """Rename a topic or move it."""
    return _topic_form(request, _topic_or_404(topic_id))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(MANAGE_SMS)
def retire(request: DoorRequest, topic_id: int) -> HttpResponse:
    """Offer a topic no more; a page says first how many subscriptions end."""
    actor, found = _manager(request), _topic_or_404(topic_id)
    if request.method == "POST":
        sms_service.retire_topic(topic=found, at=request.received_at, by=actor)
        return saying.done(reverse("office:sms_service"), "retire")
    number = Consent.objects.filter(topic=found, ended_at=None).count()
    return render(request, "office/topic_retire.html", {"topic": found, "number": number})


@require_safe
@whole_town_required(READ_SMS)
def subscribers(request: DoorRequest) -> HttpResponse:
    """Who subscribed, by masked numbers, with the topics that stand: residents, of no school."""
    rows = Subscriber.objects.order_by("-proved_at", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    standing: dict[int, list[str]] = {}
    found = Consent.objects.filter(subscriber__in=shown, ended_at=None, topic__retired_at=None)
    for subscriber, name in found.order_by("topic__order").values_list("subscriber", "topic__name"):
        standing.setdefault(subscriber, []).append(name)
    lines = [
        {
            "subscriber": one,
            "number": masked(one.clear_number),
            "name": _name(one),
            "topics": standing.get(one.pk, []),
        }
        for one in shown
    ]
    facts = {
        "page": page,
        "lines": lines,
        "may_manage": may_for_all(request.actor, MANAGE_SMS),
        "said": saying.said(request, SAID),
    }
    return render(request, "office/subscribers.html", facts)


@require_POST
@agent_required(MANAGE_SMS)
def end(request: DoorRequest, subscriber_id: int) -> HttpResponse:
    """End every consent of a resident who asks for it by telephone or at the desk."""
    actor, found = _manager(request), get_object_or_404(Subscriber, pk=subscriber_id)
    subscriptions.stop(lookup=found.lookup, channel=subscriptions.OFFICE, at=request.received_at, by=actor)
    return saying.done(reverse("office:subscribers"), "arrete")


@require_safe
@agent_required(MANAGE_SMS)
def consents_csv(request: DoorRequest) -> HttpResponse:
    """Every consent and every end, with its proof."""
    return downloads.csv(_consents(request), name=_file_name())


@require_safe
@agent_required(MANAGE_SMS)
def consents_xlsx(request: DoorRequest) -> HttpResponse:
    """The same as XLSX."""
    return downloads.xlsx(_consents(request), name=_file_name(), title=_("Consentements"))


def _consents(request: DoorRequest) -> Iterator[list[str]]:
    """Numbers are whole: the record proves who agreed. Each export is written in the journal."""
    record(by=_manager(request), channel=Channel.OFFICE, action="sms_consents_exported", subject="sms_form")
    yield [
        _("Numéro"),
        _("Nom"),
        _("Thème"),
        _("Texte accepté"),
        _("Donné le"),
        _("Canal"),
        _("Preuve"),
        _("Retiré le"),
        _("Retiré par"),
    ]
    rows = Consent.objects.select_related("subscriber", "topic").order_by("pk")[:MOST_LINES]
    for one in rows:
        ended = _when(one.ended_at) if one.ended_at else ""
        start = [one.subscriber.clear_number, _name(one.subscriber), one.topic.name, one.wording, _when(one.given_at)]
        yield [*start, one.channel, one.proof, ended, one.ended_by]


def _when(at: object) -> str:
    """An instant with its zone: a proof says when, exactly."""
    assert hasattr(at, "astimezone")
    return str(at.astimezone(context.current().zone).isoformat(timespec="seconds"))


def _name(one: Subscriber) -> str:
    written = subscriptions.identity_of(one)
    return " ".join(filter(None, (written.get("title"), written.get("first_name"), written.get("last_name"))))


def _topic_form(request: DoorRequest, found: Topic | None) -> HttpResponse:
    actor = _manager(request)
    initial = {"name": found.name, "order": found.order} if found else {"order": len(sms_form.topics()) + 1}
    form = TopicForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            sms_service.save_topic(topic=found, **form.cleaned_data, by=actor)
            return saying.done(reverse("office:sms_service"), "theme")
        except TopicTaken:
            form.add_error("name", _("Ce thème existe déjà."))
    return render(request, "office/topic_form.html", {"form": form, "topic": found})


def _topic_or_404(pk: int) -> Topic:
    found = Topic.objects.filter(pk=pk, retired_at=None).first()
    if found is None:
        raise Http404
    return found


def _manager(request: DoorRequest) -> Actor:
    """The agent, if what they set reaches the whole town."""
    if not may_for_all(request.actor, MANAGE_SMS) or request.actor is None:
        raise PermissionDenied
    return request.actor


def _file_name() -> str:
    return f"consentements-sms-{clock.today(context.current().zone):%Y-%m-%d}"
