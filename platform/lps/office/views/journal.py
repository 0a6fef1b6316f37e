"""The journal of what was done: searched, read, taken away as a table. Nobody changes it."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import may_for_all
from lps.journal import searching
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.services import record
from lps.office import journal_words as words
from lps.office.forms.journal import JournalForm
from lps.office.journal_subjects import names_of
from lps.office.rights import READ_JOURNAL
from lps.ui import downloads
from tenants import context


@require_safe
@agent_required(READ_JOURNAL)
def journal(request: DoorRequest) -> HttpResponse:
    """What answers to the search, the newest first."""
    _reader(request)
    asked = _asked(request)
    form = JournalForm(asked)
    search = form.search(today=_today(request)) if form.is_valid() else None
    page = searching.page(search, given=request.GET, asked=asked)
    names = names_of(entry.subject for entry in page.entries)
    facts = {
        "form": form,
        "page": page,
        "rows": [_row(entry, names) for entry in page.entries],
        "about": names_of([form.cleaned_data["objet"]]) if search and form.cleaned_data["objet"] else {},
    }
    return render(request, "office/journal.html", facts)


@require_safe
@agent_required(READ_JOURNAL)
def export(request: DoorRequest) -> HttpResponseBase:
    """The same search as a table, ten thousand lines at most; taking it away is itself written."""
    actor, form = _reader(request), JournalForm(_asked(request))
    if not form.is_valid():
        return journal(request)
    head = (_("Date"), _("Par"), _("Canal"), _("Action"), _("À propos de"), _("Avant"), _("Après"))
    rows, number = searching.table(form.search(today=_today(request)), head=head, lines=_lines)
    after = {"lines": number, "search": searching.search_of(request.GET, JournalForm).urlencode()[:500]}
    record(by=actor, channel=Channel.OFFICE, action="journal_exported", subject="journal", after=after)
    return downloads.csv(rows, name="journal")


def _lines(found: list[AuditEntry]) -> Iterator[Sequence[object]]:
    names, zone = names_of(entry.subject for entry in found), context.current().zone
    for entry in found:
        changed = list(words.changes(entry.before, entry.after))
        yield (
            f"{entry.at.astimezone(zone):%d/%m/%Y %H:%M:%S}",
            entry.actor_label,
            entry.get_channel_display(),
            words.action_text(entry.action),
            names[entry.subject],
            "; ".join(f"{name} : {before}" for name, before, _after in changed if before),
            "; ".join(f"{name} : {after}" for name, _before, after in changed if after),
        )


def _row(entry: AuditEntry, names: dict[str, str]) -> dict[str, Any]:
    return {
        "entry": entry,
        "action": words.action_text(entry.action),
        "subject": names[entry.subject],
        "changes": list(words.changes(entry.before, entry.after)),
        "has_before": bool(entry.before),
    }


def _asked(request: DoorRequest) -> QueryDict:
    return searching.asked(request.GET, JournalForm, today=_today(request))


def _today(request: DoorRequest) -> date:
    return request.received_at.astimezone(context.current().zone).date()


def _reader(request: DoorRequest) -> Actor:
    """An agent kept to some schools does not read what was done in the others."""
    if request.actor is None or not may_for_all(request.actor, READ_JOURNAL):
        raise PermissionDenied
    return request.actor
