"""The registry's journal as operators read it: what is looked for, and what each entry is about in words."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lps.accounts import queries as accounts
from lps.console.words import ACTIONS
from lps.journal.actors import ActorKind
from lps.journal.queries import Search
from lps.ui.forms import DayField
from tenants import queries

# How far back the journal is shown before one asks for something.
FIRST_DAYS = timedelta(days=30)


class JournalForm(forms.Form):
    """A period, an author, a kind of action, a commune."""

    since = DayField(label=_("Du"), required=False)
    until = DayField(label=_("Au"), required=False)
    author = forms.ChoiceField(label=_("Par"), required=False)
    action = forms.ChoiceField(label=_("Ce qui a été fait"), required=False)
    commune = forms.SlugField(
        label=_("Commune"),
        help_text=_("Son nom dans l'adresse : « buchelay »."),
        required=False,
        max_length=60,
        error_messages={"invalid": _("Un nom d'adresse : lettres sans accent, chiffres et tirets.")},
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        people = [(f"{ActorKind.OPERATOR}:{one.pk}", one.name) for one in accounts.agents()]
        authors = [("", _("tout le monde")), *people, (f"{ActorKind.SYSTEM}:", _("automatique"))]
        self.fields["author"].choices = authors  # type: ignore[attr-defined]
        by_words = sorted(ACTIONS.items(), key=lambda pair: str(pair[1]))
        self.fields["action"].choices = [("", _("tout")), *by_words]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A period ends after it starts."""
        given = super().clean() or {}
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", _("La fin vient avant le début\u00a0: choisissez un jour plus tard."))
        return given

    @property
    def search(self) -> Search:
        """What was asked, once the form is valid."""
        given = self.cleaned_data
        kind, _colon, key = given["author"].partition(":")
        return Search(
            since=_midnight(given["since"]) if given["since"] else None,
            until=_midnight(given["until"] + timedelta(days=1)) if given["until"] else None,
            actor_kind=kind,
            actor_key=key,
            action=given["action"],
            subjects=[f"commune:{given['commune']}"] if given["commune"] else None,
        )


def names_of(subjects: Iterable[str]) -> dict[str, str]:
    """Each subject in words: "Ville de Buchelay", "Olivier Martin". Two statements at most."""
    wanted = set(subjects)
    slugs = {one.partition(":")[2] for one in wanted if one.startswith("commune:")}
    keys = {int(key) for kind, _colon, key in (one.partition(":") for one in wanted) if kind == "account"}
    communes = queries.names_of(slugs) if slugs else {}
    people = dict(accounts.agents().filter(pk__in=keys).values_list("pk", "name")) if keys else {}
    names = {f"commune:{slug}": communes.get(slug, slug) for slug in slugs}
    return dict.fromkeys(wanted, "") | names | {f"account:{key}": people.get(key, str(key)) for key in keys}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone()).astimezone(UTC)
