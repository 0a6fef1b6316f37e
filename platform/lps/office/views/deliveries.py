"""Messages that did not leave, or whose fate nobody knows: why, and sending them again."""

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import may_for_all
from lps.journal.channels import Channel
from lps.office.rights import READ_DELIVERIES, RESEND
from lps.ui import saying
from notifications import queries, sentences, services
from notifications.models import OutboxMessage, State
from notifications.services import resending

PER_PAGE = 50
CHOSEN, TICK = "message", "cocher"
SAID = {
    "renvoye": _("Le message est remis en file\u00a0: il part dans la minute."),
    "renvoyes": _("Les messages sont remis en file\u00a0: ils partent dans la minute."),
    "aucun": _("Cochez au moins un message à renvoyer."),
    "rien": _("Aucun de ces messages n'était à renvoyer\u00a0: ils sont partis, ou quelqu'un les a déjà renvoyés."),
    "deja": _("Ce message n'était plus à renvoyer\u00a0: il est parti, ou quelqu'un l'a déjà renvoyé."),
}
# What to do about it, by the code that the outbox kept: the reason itself is in `notifications.sentences`.
ADVICE: Mapping[str, str | Promise] = {
    "monthly_cap": _("Augmentez-le dans les réglages, puis renvoyez."),
    "no_provider": _("Choisissez-en un dans les réglages, puis renvoyez."),
    "never_seen": _("Vous pouvez le renvoyer."),
    "recipient_refused": _("Vérifiez-la avec la famille."),
    "number_refused": _("Vérifiez-le avec la personne."),
    "internal": _("Renvoyez-le\u00a0; si cela recommence, appelez-nous."),
}
UNKNOWN = _("Le prestataire n'a pas confirmé. Il est interrogé\u00a0: attendez avant de renvoyer.")


@require_safe
@whole_town_required(READ_DELIVERIES)
def deliveries(request: DoorRequest) -> HttpResponse:
    """What is stuck, the latest first."""
    page = Paginator(queries.stuck(), PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": page,
        "rows": [(queries.told(message), why(message)) for message in page.object_list],
        "may_resend": may_for_all(request.actor, RESEND),
        "all_ticked": request.GET.get(TICK) == "tout",
        "sending": queries.sending(),
        "said": saying.said(request, SAID),
    }
    return render(request, "office/deliveries.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(RESEND)
def resend(request: DoorRequest, message_id: int) -> HttpResponse:
    """Ask before, above all when it may have been received; then put it back in the queue."""
    message = OutboxMessage.objects.filter(pk=message_id).first()
    if message is None:
        raise Http404
    back = reverse("office:deliveries")
    if message.state not in (State.DEAD, State.UNKNOWN):
        return saying.done(back, "deja")
    if request.method != "POST":
        facts = {"row": queries.told(message), "why": why(message)}
        return render(request, "office/delivery_resend.html", facts)
    if request.actor is None:
        raise PermissionDenied
    try:
        services.resend(message=message, by=request.actor)
    except services.NotDead:
        return saying.done(back, "deja")
    return saying.done(back, "renvoye")


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(RESEND)
def resend_chosen(request: DoorRequest) -> HttpResponse:
    """Those that were ticked: counted, then put back in the queue together."""
    back = reverse("office:deliveries")
    chosen = _chosen(request)
    rows = queries.stuck().filter(pk__in=chosen)
    if request.method != "POST":
        bulk = resending.look(rows, now=request.received_at)
        words = {"back_words": _("Messages non partis"), "said": "" if chosen else SAID["aucun"]}
        facts = {"bulk": bulk, "chosen": chosen, "back": back, **words}
        return render(request, "office/resend_many.html", facts)
    if request.actor is None:
        raise PermissionDenied
    number = resending.resend_many(
        rows, subject="messages", by=request.actor, channel=Channel.OFFICE, at=request.received_at
    )
    return saying.done(back, "renvoyes" if number else "rien" if chosen else "aucun")


def _chosen(request: DoorRequest) -> list[int]:
    """The keys that were ticked, a page of them at most; what is no key is left out."""
    sent = request.POST if request.method == "POST" else request.GET
    keys = [key for key in sent.getlist(CHOSEN)[:PER_PAGE] if key.isascii() and key.isdigit() and len(key) < 19]
    return [int(key) for key in keys]


def why(message: OutboxMessage) -> str:
    """Why a message is stuck, in words that say what to do."""
    if message.state == State.UNKNOWN:
        return str(UNKNOWN)
    reason = sentences.why(message.last_error)
    told = f"{reason[:1].upper()}{reason[1:]}."
    return f"{told} {ADVICE[code]}" if (code := message.last_error.split(" ")[0]) in ADVICE else told
