"""What an entry of the journal is about: found by the words an agent types, named in the words an agent knows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from django.core.exceptions import ValidationError

from booking import api_queries as booking
from booking import roll
from lps.accounts import queries as accounts
from lps.families import search
from lps.families.queries.children import child_names
from lps.families.queries.custody import children_of_households
from lps.families.queries.households import household_names
from lps.kernel.text import search_key
from lps.office.journal_words import SUBJECTS
from lps.ui.forms import DayField
from lps.ui.templatetags.ui import day as day_text


def subjects_of(asked: str, *, today: date) -> list[str]:
    """The subjects that answer to a day ("13/10/2014"), or to the name of a family, a child, an agent or a thing."""
    try:
        day = DayField(required=False).clean(asked.strip())
    except ValidationError:
        day = None
    if day:
        return [f"service_day:{held.pk}" for held in roll.service_days_of(day)]
    homes = [family.household_id for family in search.find(asked, day=today)]
    found = [f"household:{pk}" for pk in homes]
    found += [f"child:{pk}" for pk in children_of_households(homes)]
    key = search_key(asked)
    found += [f"account:{agent.pk}" for agent in accounts.agents() if key and key in search_key(agent.name)]
    return [*found, *(kind for kind, words in SUBJECTS.items() if key and search_key(str(words)) == key)]


def names_of(subjects: Iterable[str]) -> dict[str, str]:
    """Each subject in words: "Enfant : Angéline MARSONE". One statement a kind, whatever their number."""
    by_kind: dict[str, set[int]] = defaultdict(set)
    wanted = set(subjects)
    for subject in wanted:
        kind, _, key = subject.partition(":")
        if key.isascii() and key.isdigit():
            by_kind[kind].add(int(key))
    known = {kind: _NAMES[kind](keys) for kind, keys in by_kind.items() if kind in _NAMES}
    return {subject: _named(subject, known) for subject in wanted}


def _named(subject: str, known: Mapping[str, Mapping[int, str]]) -> str:
    kind, _, key = subject.partition(":")
    words = str(SUBJECTS.get(kind, kind.replace("_", " ")))
    if not key:
        return words
    name = known.get(kind, {}).get(int(key)) if key.isascii() and key.isdigit() else None
    return f"{words}\u00a0: {name}" if name else f"{words} n°\u00a0{key}"


def _agents(keys: set[int]) -> dict[int, str]:
    return dict(accounts.agents().filter(pk__in=keys).values_list("pk", "name"))


def _days(keys: set[int]) -> dict[int, str]:
    held = booking.service_days().filter(pk__in=keys).select_related("activity", "site").order_by("pk")
    return {one.pk: f"{one.activity.name}, {one.site.name}, {day_text(one.day)}" for one in held}


def _activities(keys: set[int]) -> dict[int, str]:
    return dict(booking.activities().filter(pk__in=keys).values_list("pk", "name"))


_NAMES: Mapping[str, Callable[[set[int]], dict[int, str]]] = {
    "account": _agents,
    "activity": _activities,
    "child": child_names,
    "household": household_names,
    "service_day": _days,
}
