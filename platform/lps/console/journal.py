"""The registry's journal as operators read it: what is looked for, and what each entry is about in words."""

from collections.abc import Iterable

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from lps.accounts import queries as accounts
from lps.console.words import ACTIONS
from lps.journal.actors import ActorKind
from lps.journal.queries import Search
from lps.journal.searching import SearchForm
from tenants import queries


class JournalForm(SearchForm):
    """What any journal may be asked, and a commune."""

    commune = forms.SlugField(
        label=_("Commune"),
        help_text=_("Son nom dans l'adresse : « buchelay »."),
        required=False,
        max_length=60,
        error_messages={"invalid": _("Un nom d'adresse : lettres sans accent, chiffres et tirets.")},
    )

    def __init__(self, given: QueryDict) -> None:
        people = [(f"{ActorKind.OPERATOR}:{one.pk}", one.name) for one in accounts.agents()]
        authors = [*people, (f"{ActorKind.SYSTEM}:", _("automatique"))]
        super().__init__(given, authors=authors, actions=list(ACTIONS.items()))

    @property
    def search(self) -> Search:
        """What was asked, once the form is valid."""
        commune = self.cleaned_data["commune"]
        return self.about([f"commune:{commune}"] if commune else None)


def names_of(subjects: Iterable[str]) -> dict[str, str]:
    """Each subject in words: "Ville de Buchelay", "Olivier Martin". Two statements at most."""
    wanted = set(subjects)
    slugs = {one.partition(":")[2] for one in wanted if one.startswith("commune:")}
    keys = {int(key) for kind, _colon, key in (one.partition(":") for one in wanted) if kind == "account"}
    communes = queries.names_of(slugs) if slugs else {}
    people = dict(accounts.agents().filter(pk__in=keys).values_list("pk", "name")) if keys else {}
    names = {f"commune:{slug}": communes.get(slug, slug) for slug in slugs}
    return dict.fromkeys(wanted, "") | names | {f"account:{key}": people.get(key, str(key)) for key in keys}
