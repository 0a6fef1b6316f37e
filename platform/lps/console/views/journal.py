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
from lps.console.journal import JournalForm, names_of
from lps.console.rights import READ_JOURNAL
from lps.console.views.communes import operator_of, rendered
from lps.journal import searching
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.services import record
from lps.ui import downloads


@require_safe
@operator_required(READ_JOURNAL)
def journal(request: DoorRequest) -> HttpResponse:
    """What answers to the search, the newest first."""
    asked = _asked(request)
    form = JournalForm(asked)
    page = searching.page(form.search if form.is_valid() else None, given=request.GET, asked=asked)
    names = names_of(entry.subject for entry in page.entries)
    facts = {"form": form, "page": page, "rows": [_row(entry, names) for entry in page.entries]}
    return rendered(request, "console/journal.html", facts, status=400 if form.errors else 200)


@require_safe
@operator_required(READ_JOURNAL)
def export(request: DoorRequest) -> HttpResponseBase:
    """The same search as a table, ten thousand lines at most; taking it away is itself written."""
    form = JournalForm(_asked(request))
    if not form.is_valid():
        return journal(request)
    head = (_("Date"), _("Par"), _("Action"), _("À propos de"), _("Avant"), _("Après"))
    rows, number = searching.table(form.search, head=head, lines=_lines)
    after = {"lines": number, "search": searching.search_of(request.GET, JournalForm).urlencode()[:500]}
    record(by=operator_of(request), channel=Channel.WEB, action="journal_exported", subject="journal", after=after)
    return downloads.csv(rows, name="journal-console")


def _lines(found: list[AuditEntry]) -> Iterator[Sequence[object]]:
    names = names_of(entry.subject for entry in found)
    for entry in found:
        yield (
            f"{timezone.localtime(entry.at):%d/%m/%Y %H:%M:%S}",
            entry.actor_label,
            words.action_text(entry.action),
            names[entry.subject],
            words.facts_text(entry.before),
            words.facts_text(entry.after),
        )


def _row(entry: AuditEntry, names: dict[str, str]) -> dict[str, object]:
    return {
        "entry": entry,
        "action": words.action_text(entry.action),
        "subject": names[entry.subject],
        "slug": entry.subject.partition(":")[2] if entry.subject.startswith("commune:") else "",
        "before": words.facts_text(entry.before),
        "after": words.facts_text(entry.after),
    }


def _asked(request: DoorRequest) -> QueryDict:
    return searching.asked(request.GET, JournalForm, today=timezone.localdate(request.received_at))
