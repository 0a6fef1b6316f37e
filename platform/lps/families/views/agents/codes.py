"""A family's codes at the counter: reading them, printing the letter, drawing a new code."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families import services
from lps.families.forms.counter import RenewForm
from lps.families.queries.children import children_of
from lps.families.rights import EDIT_FAMILIES, PRINT_CODES, RENEW_CODES
from lps.families.services import letters
from lps.families.services.households import set_trial
from lps.families.views.agents.frame import agent_of, family_path, form_page, frame, household_or_404, posted
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.ui import saying
from tenants import context

SAID = {
    "renouvele": _(
        "Le nouveau code est prêt et l'ancien n'ouvre plus rien. Imprimez la lettre et donnez-la à la famille."
    ),
    "vide": _("Cette famille n'a aucun enfant aujourd'hui : il n'y a pas de lettre à imprimer."),
}


@require_http_methods(["GET", "HEAD"])
@agent_required(PRINT_CODES)
def codes(request: DoorRequest, household_id: int) -> HttpResponse:
    """The codes in clear, for those who print letters; reading them is written down."""
    household = household_or_404(request, household_id, PRINT_CODES)
    record(by=agent_of(request), channel=Channel.OFFICE, action="codes_read", subject=household.holder)
    facts = {
        **frame(request, household),
        "children": children_of(household=household, day=clock.today(context.current().zone)),
        "said": saying.said(request, SAID),
    }
    response = render(request, "families/office/codes.html", facts)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(RENEW_CODES)
def renew(request: DoorRequest, household_id: int) -> HttpResponse:
    """Draw a new family code, with a reason."""
    household = household_or_404(request, household_id, RENEW_CODES)
    form = RenewForm(posted(request))
    path = reverse("families_office:codes", args=[household.pk])
    if form.is_valid():
        services.renew_family_code(
            household=household, by=agent_of(request), channel=Channel.OFFICE, reason=form.cleaned_data["reason"]
        )
        return saying.done(path, "renouvele")
    intro = _(
        "L'ancien code famille cesse aussitôt d'ouvrir le portail et le téléphone\u00a0; les appareils déjà connectés "
        "sont déconnectés. Les codes des enfants ne changent pas."
    )
    heading, button = _("Changer le code famille"), _("Changer le code maintenant")
    return form_page(request, household, form, heading=heading, button=button, intro=intro, back=path)


@require_POST
@agent_required(PRINT_CODES)
def letter(request: DoorRequest, household_id: int) -> HttpResponse:
    """Print the family's letter at once."""
    household = household_or_404(request, household_id, PRINT_CODES)
    batch = letters.print_for_household(household=household, by=agent_of(request))
    if not batch.files:
        return saying.done(reverse("families_office:codes", args=[household.pk]), "vide")
    return HttpResponseRedirect(reverse("families_office:letters_file", args=[batch.pk, 0]))


@require_POST
@agent_required(EDIT_FAMILIES)
def trial(request: DoorRequest, household_id: int) -> HttpResponse:
    """Choose this family to try the portal before it opens, or no more."""
    household = household_or_404(request, household_id, EDIT_FAMILIES)
    tries = request.POST.get("essaie") == "1"
    set_trial(household=household, tries=tries, by=agent_of(request), channel=Channel.OFFICE)
    return saying.done(family_path(household), "essai" if tries else "sans-essai")
