"""Which services are open to a commune; booking always is."""

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.console import states
from lps.console.rights import SET_OFFERS
from lps.console.views.communes import commune_or_404, operator_of, rendered
from lps.ui import saying
from tenants.offers import OFFERS


class OffersForm(forms.Form):
    """The services that are open."""

    opened = forms.MultipleChoiceField(
        label=_("Services ouverts"),
        help_text=_("Un service fermé garde ses données ; ses pages disent qu'il n'est pas ouvert."),
        choices=[(name, offer.label) for name, offer in OFFERS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        error_messages={"invalid_choice": _("Ce service n'existe pas : rechargez la page.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required(SET_OFFERS)
def offers(request: DoorRequest, slug: str) -> HttpResponse:
    """Open and close them; the commune's journal tells it."""
    found = commune_or_404(slug)
    initial = {"opened": [name for name in OFFERS if name not in found.closed_offers]}
    form = OffersForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        closed = [name for name in OFFERS if name not in form.cleaned_data["opened"]]
        states.close_offers(slug=slug, closed=closed, by=operator_of(request))
        return saying.done(reverse("console:commune", args=[found.slug]), "services")
    facts = {"form": form, "commune": found}
    return rendered(request, "console/offers.html", facts, status=400 if form.errors else 200)
