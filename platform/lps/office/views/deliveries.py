"""Messages that did not leave, or whose fate nobody knows: why, and sending them again."""

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
from lps.office.rights import READ_DELIVERIES, RESEND
from lps.ui import saying
from notifications import queries, services
from notifications.models import OutboxMessage, State

PER_PAGE = 50
SAID = {
    "renvoye": _("Le message est remis en file\u00a0: il part dans la minute."),
    "deja": _("Ce message n'était plus à renvoyer\u00a0: il est parti, ou quelqu'un l'a déjà renvoyé."),
}
# By the beginning of the code that the outbox kept; what is not here is told as it is.
WHY: dict[str, str | Promise] = {
    "blocked": _("Le destinataire a demandé à ne plus rien recevoir (STOP), ou son adresse n'existe plus."),
    "monthly_cap": _("Le plafond du mois est atteint. Augmentez-le dans les réglages, puis renvoyez."),
    "no_provider": _("Aucun prestataire de SMS n'est réglé. Choisissez-en un dans les réglages, puis renvoyez."),
    "never_seen": _("Le prestataire dit ne l'avoir jamais reçu. Vous pouvez le renvoyer."),
    "stopped": _("Les envois étaient arrêtés et vous avez choisi de ne pas l'envoyer."),
    "recipient_refused": _("L'adresse est refusée\u00a0: vérifiez-la avec la famille."),
    "number_refused": _("Le numéro est refusé par le prestataire\u00a0: vérifiez-le avec la personne."),
    "worker_killed": _("Le portail s'est arrêté plusieurs fois pendant l'envoi."),
    "internal": _("Une erreur de notre part. Renvoyez-le\u00a0; si cela recommence, appelez-nous."),
    "unreachable": _("Le serveur d'envoi n'a pas répondu pendant deux jours."),
    "server_refused": _("Le serveur d'envoi a refusé de travailler pendant deux jours."),
    "message_refused": _("Le serveur d'envoi a refusé ce message."),
    "http_": _("Le prestataire l'a refusé."),
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


def why(message: OutboxMessage) -> str:
    """Why a message is stuck, in words that say what to do."""
    if message.state == State.UNKNOWN:
        return str(UNKNOWN)
    return str(next((words for code, words in WHY.items() if message.last_error.startswith(code)), message.last_error))
