"""What the vendor opens to a commune beside booking: a closed offer's doors say so, and nothing leads to them.

What it does by itself waits until it is open again. Never held: what the Treasury and providers are asked about what is
under way, and what is forgotten at its term.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.models import Commune


@dataclass(frozen=True, slots=True)
class Offer:
    """Its name for operators, how the names of its routes begin, and its tasks that wait while it is closed."""

    label: str | Promise
    routes: tuple[str, ...]
    held: tuple[str, ...] = ()


TELEPHONE, SMS = "telephone", "sms"
OFFERS: Mapping[str, Offer] = {
    "facturation": Offer(
        _("Facturation et paiement en ligne"),
        ("billing:", "billing_office:", "billing_api:"),
        (
            "billing.work_on_runs",
            "billing.draw_invoices",
            "billing.bundle_papers",
            "billing.draw_reminders",
            "billing.warn_quotients",
        ),
    ),
    TELEPHONE: Offer(_("Serveur vocal"), ("voice:", "voice_office:"), ("voice.ask", "voice.render")),
    SMS: Offer(
        _("Service SMS : thèmes et abonnés"),
        ("sms:", "office:sms_service", "office:sms_form", "office:topic", "office:subscriber", "office:consents"),
        ("notifications.send_sms",),
    ),
    "api": Offer(
        _("Accès d'autres logiciels (API)"),
        ("accounts:", "families_api:", "booking_api:", "billing_api:", "api_schema", "api_docs", "office:token"),
    ),
}


def closed(commune: Commune, route: str) -> Offer | None:
    """The offer, closed to this commune, to which a route belongs by its name (`billing_office:desk`)."""
    for name in commune.closed_offers:
        offer = OFFERS.get(name)
        if offer and route.startswith(offer.routes):
            return offer
    return None


def holds(commune: Commune, task: str) -> bool:
    """Whether a task of this name waits: the offer that it belongs to is closed to this commune."""
    return any(task in OFFERS[name].held for name in commune.closed_offers if name in OFFERS)
