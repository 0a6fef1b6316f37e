"""Reminders: who is to be reminded today, what was sent, the town's levels, what goes to the Treasury."""

from typing import Any
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import reminders as reads
from billing import unpaid
from billing.forms.reminders import PROPOSED, LevelForm, MinimumForm
from billing.models import ReminderLevel, ReminderSending
from billing.rights import READ_PAYMENTS, REMIND
from billing.rules.money import ZERO
from billing.services import reminders as services
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.views.agents.frame import agent_of, agent_of_all, posted
from lps.kernel import clock
from lps.ui import downloads, saying
from tenants import context

PER_PAGE, SENDINGS = 50, 20
SAID = {
    "envoye": _l("Les relances sont parties. Les courriers sont à imprimer ci-dessous dès qu'ils sont prêts."),
    "imprime": _l("Les courriers sont de nouveau en préparation."),
    "niveau": _l("Le niveau de relance est enregistré."),
    "niveaux": _l("Trois niveaux sont proposés : relisez-les, ils servent dès la prochaine relance."),
    "retire": _l("Le niveau de relance est supprimé."),
    "minimum": _l("Le minimum est enregistré."),
}


@require_safe
@agent_required(READ_PAYMENTS)
def reminders(request: DoorRequest) -> HttpResponse:
    """Whom to remind today, with the very words that each family would read; `?q=` keeps to one family."""
    agent_of_all(request)
    return _show(request)


@require_POST
@agent_required(REMIND)
def send(request: DoorRequest) -> HttpResponse:
    """Send the reminders ticked."""
    agent_of_all(request)
    given = request.POST.getlist("facture")
    chosen = {int(key) for key in given if key.isascii() and key.isdigit() and len(key) < 19}
    try:
        services.send(invoices=chosen, today=_today(), by=agent_of(request), at=clock.now())
    except services.NothingToSend:
        return _show(request, refused=_("Aucune de ces familles n'est plus à relancer : relisez la liste."))
    return saying.done(reverse("billing_office:reminders"), "envoye")


@require_safe
@agent_required(READ_PAYMENTS)
def letters(request: DoorRequest, sending_id: int) -> HttpResponse:
    """The letters of a sending, once drawn."""
    found = _sending_or_404(request, sending_id)
    try:
        with default_storage.open(found.path) as kept:
            return downloads.paper(kept.read(), name=f"relances-{found.pk}")
    except (FileNotFoundError, IsADirectoryError):
        raise Http404 from None


@require_POST
@agent_required(REMIND)
def draw_again(request: DoorRequest, sending_id: int) -> HttpResponse:
    """Have the letters that failed drawn again."""
    services.draw_again(sending=_sending_or_404(request, sending_id), by=agent_of(request))
    return saying.done(reverse("billing_office:reminders"), "imprime")


@require_safe
@agent_required(READ_PAYMENTS)
def levels(request: DoorRequest) -> HttpResponse:
    """The town's levels, and the sum below which nobody is reminded."""
    return _show_levels(request, MinimumForm(initial={"minimum": reads.minimum()}))


@require_POST
@agent_required(REMIND)
def minimum(request: DoorRequest) -> HttpResponse:
    """Set that sum."""
    agent_of_all(request)
    form = MinimumForm(request.POST)
    if not form.is_valid():
        return _show_levels(request, form)
    services.set_minimum(amount=form.amount, by=agent_of(request))
    return saying.done(reverse("billing_office:reminder_levels"), "minimum")


@require_POST
@agent_required(REMIND)
def start(request: DoorRequest) -> HttpResponse:
    """Begin with three levels."""
    agent_of_all(request)
    services.start_levels(specs=PROPOSED, by=agent_of(request))
    return saying.done(reverse("billing_office:reminder_levels"), "niveaux")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(REMIND)
def level_new(request: DoorRequest) -> HttpResponse:
    """Add a level after the last one."""
    agent_of_all(request)
    return _level_page(request, None, LevelForm(posted(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(REMIND)
def level(request: DoorRequest, level_id: int) -> HttpResponse:
    """Change a level."""
    found = _level_or_404(request, level_id)
    return _level_page(request, found, LevelForm.of(found, posted(request)))


@require_POST
@agent_required(REMIND)
def level_remove(request: DoorRequest, level_id: int) -> HttpResponse:
    """Take away a level that was never used."""
    found = _level_or_404(request, level_id)
    try:
        services.remove_level(level=found, by=agent_of(request))
    except services.LevelUsed:
        form = LevelForm.of(found, None)
        facts = {"form": form, "level": found, "is_used": True}
        return render(request, "billing/office/reminder_level.html", facts, status=400)
    return saying.done(reverse("billing_office:reminder_levels"), "retire")


@require_safe
@agent_required(READ_PAYMENTS)
def unpaid_list(request: DoorRequest) -> HttpResponse:
    """What is still unpaid after the last level, with what the Treasury would miss of each payer."""
    agent_of_all(request)
    found = unpaid.read()
    facts = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "query": "",
        "total": sum((one.invoice.left for one in found), ZERO),
        "incomplete": sum(bool(one.missing) for one in found),
    }
    return render(request, "billing/office/unpaid.html", facts)


@require_safe
@agent_required(READ_PAYMENTS)
def unpaid_csv(request: DoorRequest) -> HttpResponse:
    """The same for a spreadsheet."""
    agent_of_all(request)
    rows = [[_written(cell) for cell in row] for row in unpaid.table(unpaid.read())]
    return downloads.csv(rows, name=f"impayes-{_today()}")


@require_safe
@agent_required(READ_PAYMENTS)
def unpaid_xlsx(request: DoorRequest) -> HttpResponse:
    """The same as XLSX."""
    agent_of_all(request)
    return downloads.xlsx(unpaid.table(unpaid.read()), name=f"impayes-{_today()}", title=_("Impayés"))


def _show(request: DoorRequest, *, refused: str = "") -> HttpResponse:
    asked = request.GET.get("q", "").strip().replace("\x00", "")[:100]
    every = reads.notices(today=_today())
    found = [one for one in every if one.is_of(asked)]
    page = Paginator(reads.sendings(), SENDINGS).get_page(request.GET.get("page"))
    waits = any(one.waits for one in page.object_list)
    facts = {
        "notices": found,
        "q": asked,
        "is_searched": bool(every),
        "total": sum((one.total for one in found), ZERO),
        "levels": reads.levels(),
        "page": page,
        "waits": waits,
        "query": urlencode({"q": asked}) if asked else "",
        "may_send": allowed(request.actor, REMIND),
        "refused": refused,
        "said": saying.said(request, SAID, over=() if waits else ("imprime",)),
    }
    return render(request, "billing/office/reminders.html", facts, status=400 if refused else 200)


def _show_levels(request: DoorRequest, form: MinimumForm) -> HttpResponse:
    facts = {
        "levels": reads.levels(),
        "form": form,
        "may_change": allowed(request.actor, REMIND),
        "said": saying.said(request, SAID),
    }
    return render(request, "billing/office/reminder_levels.html", facts, status=400 if form.errors else 200)


def _level_page(request: DoorRequest, found: ReminderLevel | None, form: LevelForm) -> HttpResponse:
    if form.is_valid():
        services.save_level(level=found, spec=form.spec, by=agent_of(request))
        return saying.done(reverse("billing_office:reminder_levels"), "niveau")
    facts = {"form": form, "level": found, "is_used": False}
    return render(request, "billing/office/reminder_level.html", facts, status=400 if form.errors else 200)


def _level_or_404(request: DoorRequest, pk: int) -> ReminderLevel:
    agent_of_all(request)
    found = ReminderLevel.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _sending_or_404(request: DoorRequest, pk: int) -> ReminderSending:
    agent_of_all(request)
    found = ReminderSending.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _written(cell: Any) -> Any:
    """A cell as French people write it."""
    if hasattr(cell, "strftime"):
        return f"{cell:%d/%m/%Y}"
    return cell if isinstance(cell, str) else f"{cell:.2f}".replace(".", ",")


def _today() -> Any:
    return clock.today(context.current().zone)
