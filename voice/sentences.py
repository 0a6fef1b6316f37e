"""The sentences that a town may record: all that is said alike on every call, and its own name and services."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _l

from booking import catalogue
from tenants import context
from tenants.queries import host_of
from voice import phrases, queries

HOME, CHOICE, END, REFUSALS, NUMBERS, TOWN = "accueil", "choix", "fin", "refus", "nombres", "commune"
MOMENTS: Mapping[str, str | Promise] = {
    HOME: _l("Accueil et code"),
    CHOICE: _l("Choix du service et des jours"),
    END: _l("Confirmation et fin"),
    REFUSALS: _l("Refus et pannes"),
    NUMBERS: _l("Nombres"),
    TOWN: _l("Votre commune et ses services"),
}
_AT_HOME = frozenset(
    (
        "not_assigned",
        "welcome",
        "code",
        "bad_code",
        "help_code",
        "secret",
        "help_secret",
        "no_child",
        "one_moment",
        "child",
        "no_service",
        "notice",
    )
)
_AT_END = frozenset(
    (
        "confirm",
        "confirm_keys",
        "help_confirm",
        "saved",
        "canceled",
        "receipt",
        "waits",
        "sent",
        "not_kept",
        "nothing_saved",
        "after",
        "help_after",
        "good_bye",
    )
)
_REFUSED = frozenset(
    (
        "refused",
        "silence",
        "no_answer",
        "too_long",
        "failed",
        "shut",
        "not_yet_open",
        "hidden",
        "busy",
        "no_such_choice",
    )
)


@dataclass(frozen=True, slots=True)
class Line:
    """Words that may be recorded; `whole` is the sentence around them, with what a call changes in brackets, or ""."""

    words: str
    moment: str
    whole: str = ""

    @property
    def key(self) -> str:
        """What tells it in an address."""
        return hashlib.sha256(self.words.encode()).hexdigest()[:16]


def lines() -> dict[str, Line]:
    """All of them by key, in the order of a call: at most three statements."""
    found = [Line(words, _moment(words, code), whole) for words, (code, whole) in _fixed().items()]
    found.sort(key=lambda line: list(MOMENTS).index(line.moment))
    own = phrases.of_town(name=_name(), site=host_of(context.current()), notice="")
    for group in catalogue.read().offered:
        for activity in group.activities:
            own += phrases.of_service(activity.name)
    return {line.key: line for line in (*found, *(Line(words, TOWN) for words in own))}


def _fixed() -> Mapping[str, tuple[str, str]]:
    places = phrases.places()
    return {words: places[words] for words in phrases.fixed()}


def _name() -> str:
    return queries.settings().welcome or context.current().header_name


def _moment(words: str, code: str) -> str:
    if words[0].isdigit() or code in ("minutes_left", "many_days"):
        return NUMBERS
    if code in _AT_HOME:
        return HOME
    if code in _REFUSED:
        return REFUSALS
    return END if code in _AT_END else CHOICE
