"""What one looks for in the journal."""

import re
from datetime import date

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from lps.accounts import queries as accounts
from lps.journal.actors import ActorKind
from lps.journal.queries import Search
from lps.journal.searching import SearchForm
from lps.office.journal_subjects import subjects_of
from lps.office.journal_words import ACTIONS, AUTHORS

_SUBJECT = re.compile(r"^[a-z_]{1,40}(:[a-z0-9_:-]{1,70})?$")


class JournalForm(SearchForm):
    """What any journal may be asked, and what it is about."""

    q = forms.CharField(
        label=_("À propos de"),
        help_text=_("Une famille, un enfant, un agent, ou un jour d'activité comme 13/10/2026."),
        required=False,
        max_length=80,
        widget=forms.TextInput({"type": "search"}),
    )
    objet = forms.RegexField(_SUBJECT, required=False, widget=forms.HiddenInput())

    def __init__(self, given: QueryDict) -> None:
        agents = [(f"{ActorKind.AGENT}:{one.pk}", one.name) for one in accounts.agents()]
        kinds = [(f"{kind}:", words) for kind, words in AUTHORS.items()]
        super().__init__(given, authors=[*agents, *kinds], actions=list(ACTIONS.items()))

    def search(self, *, today: date) -> Search:
        """What was asked, once the form is valid."""
        given = self.cleaned_data
        if given["objet"]:
            return self.about([given["objet"]])
        return self.about(subjects_of(given["q"], today=today) if given["q"] else None)
