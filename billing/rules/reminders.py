"""When an unpaid invoice is reminded, and the town's words with a family's facts in them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

# What a town may write between braces, and what it stands for.
NAMES = ("famille", "payeur", "montant", "factures", "commune", "tresorerie")
_NAME = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A step: so many days after the due date."""

    rank: int
    days_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """The last step that an invoice had, and its day."""

    rank: int
    day: date


def next_level(levels: Sequence[Level], *, due_date: date, last: Reminded | None, today: date) -> int | None:
    """The rank of the step due today, None when none is.

    Steps follow one another, none is left out. One that came late puts the next ones off: a family always has
    between two steps the days that the town set between them.
    """
    known = {level.rank: level for level in levels}
    following = min((rank for rank in known if last is None or rank > last.rank), default=None)
    if following is None:
        return None
    ready = due_date + timedelta(days=known[following].days_after)
    if last is not None:
        before = known[last.rank].days_after if last.rank in known else 0
        ready = max(ready, last.day + timedelta(days=max(known[following].days_after - before, 1)))
    return following if today >= ready else None


def unknown_names(words: str) -> list[str]:
    """What stands between braces and is no name of `NAMES`."""
    return [name for name in _NAME.findall(words) if name not in NAMES]


def filled(words: str, facts: Mapping[str, str]) -> str:
    """The town's words with these facts in the place of their names; nothing else between braces is touched."""
    return _NAME.sub(lambda found: facts.get(found.group(1), found.group()), words)
