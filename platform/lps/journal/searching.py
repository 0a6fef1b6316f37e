"""Reading a journal, the town's or the console's: what one may look for, page after page, and the same as a table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from lps.journal.models import AuditEntry
from lps.journal.queries import Search, entries
from lps.ui.forms import DayField

PER_PAGE = 50
MOST_LINES = 10_000
"""Of a table that one waits for."""
_FIRST_DAYS = timedelta(days=30)
"""How far back the journal is shown before one asks for something."""
_AFTER = "apres"
Choices = Sequence[tuple[str, Any]]


class SearchForm(forms.Form):
    """A period, an author, a kind of action. Days are those of the zone in which pages are shown."""

    since = DayField(label=_("Du"), required=False)
    until = DayField(label=_("Au"), required=False)
    author = forms.ChoiceField(label=_("Par"), required=False)
    action = forms.ChoiceField(label=_("Ce qui a été fait"), required=False)

    def __init__(self, *args: Any, authors: Choices, actions: Choices, **rest: Any) -> None:
        """`authors` are `kind:key`, or `kind:` for all of a kind."""
        super().__init__(*args, **rest)
        by_words = sorted(actions, key=lambda pair: str(pair[1]))
        self.fields["author"].choices = [("", _("tout le monde")), *authors]  # type: ignore[attr-defined]
        self.fields["action"].choices = [("", _("tout")), *by_words]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A period ends after it starts."""
        given = super().clean() or {}
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", _("La fin vient avant le début\u00a0: choisissez un jour plus tard."))
        return given

    def about(self, subjects: Sequence[str] | None) -> Search:
        """What was asked, once the form is valid, about these subjects or all."""
        given = self.cleaned_data
        kind, _colon, key = given["author"].partition(":")
        return Search(
            since=_midnight(given["since"]) if given["since"] else None,
            until=_midnight(given["until"] + timedelta(days=1)) if given["until"] else None,
            actor_kind=kind,
            actor_key=key,
            action=given["action"],
            subjects=subjects,
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, and the addresses of the newest and of the next older ones ("" after the last)."""

    entries: list[AuditEntry]
    newest: str
    older: str
    is_first: bool
    most: int = MOST_LINES


def asked(given: QueryDict, form: type[SearchForm], *, today: date) -> QueryDict:
    """The search of an address without its page; before anything is asked, the last thirty days."""
    found = search_of(given, form)
    if not found:
        found["since"] = (today - _FIRST_DAYS).isoformat()
    return found


def search_of(given: QueryDict, form: type[SearchForm]) -> QueryDict:
    """What an address asks, and nothing else that it holds."""
    found = given.copy()
    for name in set(found) - set(form.base_fields):
        del found[name]
    return found


def page(search: Search | None, *, given: QueryDict, asked: QueryDict) -> Page:
    """The page that an address asks for; without a search, which was refused, none of its entries."""
    found = entries(search, after=_after(given), limit=PER_PAGE + 1) if search else []
    shown, older = found[:PER_PAGE], ""
    if len(found) > PER_PAGE:
        followed = asked.copy()
        followed[_AFTER] = str(shown[-1].pk)
        older = followed.urlencode()
    return Page(shown, asked.urlencode(), older, _AFTER not in given)


def table(
    search: Search, *, head: Sequence[str], lines: Callable[[list[AuditEntry]], Iterator[Sequence[object]]]
) -> tuple[list[Sequence[object]], int]:
    """All that answers as rows, which say where they were cut, and how many entries they hold."""
    found = entries(search, limit=MOST_LINES + 1)
    kept = found[:MOST_LINES]
    rows: list[Sequence[object]] = [head, *lines(kept)]
    if len(found) > MOST_LINES:
        cut = _g("Le fichier s'arrête ici : réduisez la période pour lire la suite.")
        rows.append((cut, *[""] * (len(head) - 1)))
    return rows, len(kept)


def _after(given: QueryDict) -> int | None:
    key = given.get(_AFTER, "")
    return int(key) if key.isascii() and key.isdigit() and len(key) < 19 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone()).astimezone(UTC)
