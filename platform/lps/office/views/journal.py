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
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.queries import Search, entries
from lps.journal.services import record
from lps.office import journal_words as words
from lps.office.journal_forms import FIRST_DAYS, JournalForm
from lps.office.journal_subjects import names_of
from lps.office.rights import READ_JOURNAL
from lps.ui import downloads
from tenants import context

PER_PAGE = 50
MOST_LINES = 10_000
AFTER = "apres"


@require_safe
@agent_required(READ_JOURNAL)
def journal(request: DoorRequest) -> HttpResponse:
    """What answers to the search, the newest first."""
    _reader(request)
    form = _form(request)
    found = entries(_search(request, form), after=_after(request), limit=PER_PAGE + 1) if form.is_valid() else []
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = names_of(entry.subject for entry in shown)
    asked = _asked(request)
    facts = {
        "form": form,
        "rows": [_row(entry, names) for entry in shown],
        "about": names_of([form.cleaned_data["objet"]]) if form.is_valid() and form.cleaned_data["objet"] else {},
        "asked": asked.urlencode(),
        "next": _with(asked, AFTER, str(shown[-1].pk)) if more else "",
        "is_first": AFTER not in request.GET,
        "most": MOST_LINES,
    }
    return render(request, "office/journal.html", facts)


@require_safe
@agent_required(READ_JOURNAL)
def export(request: DoorRequest) -> HttpResponseBase:
    """The same search as a table, ten thousand lines at most; taking it away is itself written."""
    actor, form = _reader(request), _form(request)
    if not form.is_valid():
        return journal(request)
    found = entries(_search(request, form), limit=MOST_LINES + 1)
    after = {"lines": min(len(found), MOST_LINES), "search": _asked(request).urlencode()[:500]}
    record(by=actor, channel=Channel.OFFICE, action="journal_exported", subject="journal", after=after)
    return downloads.csv(_lines(found), name="journal")


def _lines(found: list[AuditEntry]) -> Iterator[Sequence[object]]:
    yield (_("Date"), _("Par"), _("Canal"), _("Action"), _("À propos de"), _("Avant"), _("Après"))
    names, zone = names_of(entry.subject for entry in found[:MOST_LINES]), context.current().zone
    for entry in found[:MOST_LINES]:
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
    if len(found) > MOST_LINES:
        yield (_("Le fichier s'arrête ici : réduisez la période pour lire la suite."), *[""] * 6)


def _row(entry: AuditEntry, names: dict[str, str]) -> dict[str, Any]:
    return {
        "entry": entry,
        "action": words.action_text(entry.action),
        "subject": names[entry.subject],
        "changes": list(words.changes(entry.before, entry.after)),
        "has_before": bool(entry.before),
    }


def _form(request: DoorRequest) -> JournalForm:
    """What was asked; before anything is, the last thirty days."""
    asked = _asked(request)
    if not asked:
        asked["since"] = (_today(request) - FIRST_DAYS).isoformat()
    return JournalForm(asked)


def _search(request: DoorRequest, form: JournalForm) -> Search:
    return form.search(today=_today(request))


def _today(request: DoorRequest) -> date:
    return request.received_at.astimezone(context.current().zone).date()


def _asked(request: DoorRequest) -> QueryDict:
    """The search of the address, without its page."""
    asked = request.GET.copy()
    for name in set(asked) - set(JournalForm.base_fields):
        del asked[name]
    return asked


def _with(asked: QueryDict, name: str, value: str) -> str:
    followed = asked.copy()
    followed[name] = value
    return followed.urlencode()


def _after(request: DoorRequest) -> int | None:
    given = request.GET.get(AFTER, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _reader(request: DoorRequest) -> Actor:
    """An agent kept to some schools does not read what was done in the others."""
    if request.actor is None or not may_for_all(request.actor, READ_JOURNAL):
        raise PermissionDenied
    return request.actor
