"""What the vendor opens to a commune beside booking: a closed offer's doors say so, and nothing leads to them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.models import Commune


@dataclass(frozen=True, slots=True)
class Offer:
    """Its name for operators, and how the names of its routes begin."""

    label: str | Promise
    routes: tuple[str, ...]


TELEPHONE = "telephone"
OFFERS: Mapping[str, Offer] = {
    "facturation": Offer(_("Facturation et paiement en ligne"), ("billing:", "billing_office:", "billing_api:")),
    TELEPHONE: Offer(_("Serveur vocal"), ("voice:", "voice_office:")),
    "sms": Offer(
        _("Service SMS : thèmes et abonnés"),
        ("sms:", "office:sms_service", "office:sms_form", "office:topic", "office:subscriber", "office:consents"),
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
