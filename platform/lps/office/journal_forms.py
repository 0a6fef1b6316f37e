"""What one looks for in the journal."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lps.accounts import queries as accounts
from lps.journal.actors import ActorKind
from lps.journal.queries import Search
from lps.office.journal_subjects import subjects_of
from lps.office.journal_words import ACTIONS, AUTHORS
from lps.ui.forms import DayField
from tenants import context

# How far back the journal is shown before one asks for something.
FIRST_DAYS = timedelta(days=30)
_SUBJECT = re.compile(r"^[a-z_]{1,40}(:[a-z0-9_:-]{1,70})?$")


class JournalForm(forms.Form):
    """A period, an author, a kind of action, what it is about."""

    since = DayField(label=_("Du"), required=False)
    until = DayField(label=_("Au"), required=False)
    author = forms.ChoiceField(label=_("Par"), required=False)
    action = forms.ChoiceField(label=_("Ce qui a été fait"), required=False)
    q = forms.CharField(
        label=_("À propos de"),
        help_text=_("Une famille, un enfant, un agent, ou un jour d'activité comme 13/10/2026."),
        required=False,
        max_length=80,
        widget=forms.TextInput({"type": "search"}),
    )
    objet = forms.RegexField(_SUBJECT, required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        agents = [(f"{ActorKind.AGENT}:{one.pk}", one.name) for one in accounts.agents()]
        kinds = [(f"{kind}:", words) for kind, words in AUTHORS.items()]
        everything = [("", _("tout"))]
        self.fields["author"].choices = [("", _("tout le monde")), *agents, *kinds]  # type: ignore[attr-defined]
        by_words = sorted(ACTIONS.items(), key=lambda pair: str(pair[1]))
        self.fields["action"].choices = [*everything, *by_words]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A period ends after it starts."""
        given = super().clean() or {}
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", _("La fin vient avant le début\u00a0: choisissez un jour plus tard."))
        return given

    def search(self, *, today: date) -> Search:
        """What was asked, once the form is valid."""
        given = self.cleaned_data
        kind, _colon, key = given["author"].partition(":")
        subjects: list[str] | None = None
        if given["objet"]:
            subjects = [given["objet"]]
        elif given["q"]:
            subjects = subjects_of(given["q"], today=today)
        return Search(
            since=_midnight(given["since"]) if given["since"] else None,
            until=_midnight(given["until"] + timedelta(days=1)) if given["until"] else None,
            actor_kind=kind,
            actor_key=key,
            action=given["action"],
            subjects=subjects,
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=context.current().zone).astimezone(UTC)
