"""What the town decides of its portal: contacts, texts, tabs, codes. Each change is written in the journal."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from lps.journal import town as journal
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.office.forms.town import AccessForm, ContactsForm, PortalForm
from lps.office.rights import CHANGE_TOWN
from lps.ui import saying
from lps.ui.forms import SettingsForm
from lps.ui.nav import NavItem
from tenants.town import queries as town
from tenants.town.models import TownSettings

SAID = {"enregistre": _("C'est enregistré. Les familles le voient dès maintenant.")}
_UNSEEN = frozenset({"version", "catalogue_stamp", "changed_at"})


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the history: what was changed, from what, to what."""

    entry: AuditEntry
    name: str
    before: str
    after: str


@require_safe
@whole_town_required(CHANGE_TOWN)
def index(request: DoorRequest) -> HttpResponse:
    """Where each thing is decided, and who changed what."""
    facts = {"changes": list(_told(journal.changes())), "said": saying.said(request, SAID)}
    return render(request, "office/town.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(CHANGE_TOWN)
def contacts(request: DoorRequest) -> HttpResponse:
    """Whom families call."""
    form = ContactsForm(_sent(request), instance=copy(town.settings()))
    return _page(request, form, "office/town_contacts.html")


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(CHANGE_TOWN)
def portal(request: DoorRequest) -> HttpResponse:
    """What families read and see."""
    form = PortalForm(_sent(request), instance=copy(town.settings()), tabs=tabs())
    return _page(request, form, "office/town_portal.html")


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(CHANGE_TOWN)
def access(request: DoorRequest) -> HttpResponse:
    """How families come in."""
    form = AccessForm(_sent(request), instance=copy(town.settings()))
    return _page(request, form, "office/town_access.html")


def tabs() -> list[tuple[str, str | Promise]]:
    """The tabs that a town may hide, with their labels."""
    items: list[NavItem] = [item for name in settings.LPS_TABS for item in import_string(name)]
    return [(item.permission, item.label) for item in items if item.permission]


def _sent(request: DoorRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _page(request: DoorRequest, form: SettingsForm, template: str) -> HttpResponse:
    """A form of settings; once saved, the same page, which says so."""
    if form.is_valid():
        assert request.actor is not None
        journal.change_settings(by=request.actor, channel=Channel.OFFICE, **form.wanted)
        return saying.done(request.get_full_path(), "enregistre")
    return render(request, template, {"form": form, "said": saying.said(request, SAID)})


def _told(entries: list[AuditEntry]) -> Iterator[Change]:
    for entry in entries:
        for name, after in (entry.after or {}).items():
            if name not in _UNSEEN:
                yield Change(entry, _label(name), _words(name, (entry.before or {}).get(name)), _words(name, after))


def _label(name: str) -> str:
    field = TownSettings._meta.get_field(name)
    return capfirst(str(getattr(field, "verbose_name", name)))


def _words(name: str, value: Any) -> str:
    """A value as people read it; the name of a file tells nothing."""
    if name == "logo":
        return str(_("un logo") if value else _("aucun"))
    match value:
        case None | "" | []:
            return str(_("rien"))
        case bool():
            return str(_("oui") if value else _("non"))
        case list():
            labels = dict(tabs())
            return ", ".join(str(labels.get(one, one)) for one in value)
        case _:
            return str(value)
