"""The console's journal: searched, read, taken away as a table. Nobody changes it."""

from collections.abc import Iterator, Sequence

from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lps.accounts.decorators import operator_required
from lps.accounts.requests import DoorRequest
from lps.console import words
from lps.console.journal import FIRST_DAYS, JournalForm, names_of
from lps.console.rights import READ_JOURNAL
from lps.console.views.communes import operator_of, rendered
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.queries import entries
from lps.journal.services import record
from lps.ui import downloads

PER_PAGE = 50
MOST_LINES = 10_000
AFTER = "apres"


@require_safe
@operator_required(READ_JOURNAL)
def journal(request: DoorRequest) -> HttpResponse:
    """What answers to the search, the newest first."""
    form, asked = _form(request), _asked(request)
    found = entries(form.search, after=_after(request), limit=PER_PAGE + 1) if form.is_valid() else []
    shown = found[:PER_PAGE]
    names = names_of(entry.subject for entry in shown)
    facts = {
        "form": form,
        "rows": [_row(entry, names) for entry in shown],
        "asked": asked.urlencode(),
        "next": shown[-1].pk if len(found) > PER_PAGE else None,
        "is_first": AFTER not in request.GET,
        "most": MOST_LINES,
    }
    return rendered(request, "console/journal.html", facts, status=400 if form.errors else 200)


@require_safe
@operator_required(READ_JOURNAL)
def export(request: DoorRequest) -> HttpResponseBase:
    """The same search as a table, ten thousand lines at most; taking it away is itself written."""
    form = _form(request)
    if not form.is_valid():
        return journal(request)
    found = entries(form.search, limit=MOST_LINES + 1)
    after = {"lines": min(len(found), MOST_LINES), "search": _asked(request).urlencode()[:500]}
    record(by=operator_of(request), channel=Channel.WEB, action="journal_exported", subject="journal", after=after)
    return downloads.csv(_lines(found), name="journal-console")


def _lines(found: list[AuditEntry]) -> Iterator[Sequence[object]]:
    yield (_("Date"), _("Par"), _("Action"), _("À propos de"), _("Avant"), _("Après"))
    names = names_of(entry.subject for entry in found[:MOST_LINES])
    for entry in found[:MOST_LINES]:
        yield (
            f"{timezone.localtime(entry.at):%d/%m/%Y %H:%M:%S}",
            entry.actor_label,
            words.action_text(entry.action),
            names[entry.subject],
            words.facts_text(entry.before),
            words.facts_text(entry.after),
        )
    if len(found) > MOST_LINES:
        yield (_("Le fichier s'arrête ici : réduisez la période pour lire la suite."), *[""] * 5)


def _row(entry: AuditEntry, names: dict[str, str]) -> dict[str, object]:
    return {
        "entry": entry,
        "action": words.action_text(entry.action),
        "subject": names[entry.subject],
        "slug": entry.subject.partition(":")[2] if entry.subject.startswith("commune:") else "",
        "before": words.facts_text(entry.before),
        "after": words.facts_text(entry.after),
    }


def _form(request: DoorRequest) -> JournalForm:
    """What was asked; before anything is, the last thirty days."""
    asked = _asked(request)
    if not asked:
        asked["since"] = (timezone.localdate(request.received_at) - FIRST_DAYS).isoformat()
    return JournalForm(asked)


def _asked(request: DoorRequest) -> QueryDict:
    """The search of the address, without its page."""
    asked = request.GET.copy()
    for name in set(asked) - set(JournalForm.base_fields):
        del asked[name]
    return asked


def _after(request: DoorRequest) -> int | None:
    given = request.GET.get(AFTER, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
