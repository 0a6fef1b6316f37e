"""What an operator of ours does to the telephone: operators' lines, and which commune a number belongs to.

Each change is written in the registry's journal and, where it touches a commune, in that commune's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from lps.families.phones import region_of, shown
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record_change
from tenants import context, telephone
from tenants.models import Commune, OperatorLine
from tenants.queries import lines_of
from tenants.town.queries import settings as town_settings
from voice.office_forms import MOST_NUMBERS
from voice.services.settings import SUBJECT, set_numbers

ADDED, CHANGED, REMOVED = "operator_line_added", "operator_line_changed", "operator_line_removed"
_FIELDS = ("name", "kind", "server", "username", "proxy", "contact", "networks", "is_open")


class NameTaken(ValueError):
    """Another line bears this name."""


class TooManyNumbers(ValueError):
    """The commune has as many numbers as a commune may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A line as it is to be; `password` is None to keep the one that was given."""

    name: str
    kind: str
    commune: Commune | None = None
    server: str = ""
    username: str = ""
    password: str | None = None
    proxy: str = ""
    contact: str = ""
    networks: str = ""
    is_open: bool = True


def add_line(*, wanted: Wanted, by: Actor) -> OperatorLine:
    """Take calls from one more line, within seconds. Raises `NameTaken`."""
    with context.public(), transaction.atomic():
        line = OperatorLine()
        _write(line, wanted)
        _record(ADDED, line, ({}, _facts(line)), by=by, communes={line.commune})
    return line


def change_line(*, pk: int, wanted: Wanted, by: Actor) -> OperatorLine:
    """Change a line: the calls that stand on it go on. Raises `UnknownLine`, `NameTaken`."""
    with context.public(), transaction.atomic():
        line = telephone.locked_line(pk=pk)
        before, owner = _facts(line), line.commune
        _write(line, wanted)
        after = _facts(line) | ({"password": "changed"} if wanted.password is not None else {})
        names = [name for name in after if before.get(name) != after[name]]
        changed = {name: before.get(name) for name in names}, {name: after[name] for name in names}
        _record(CHANGED, line, changed, by=by, communes={owner, line.commune})
    return line


def remove_line(*, pk: int, by: Actor) -> None:
    """Take no call from a line any more; the numbers keep their communes. Raises `UnknownLine`."""
    with context.public(), transaction.atomic():
        line = telephone.locked_line(pk=pk)
        _record(REMOVED, line, (_facts(line), {}), by=by, communes={line.commune})
        line.delete()


def give_number(*, commune: Commune, number: str, by: Actor) -> None:
    """Let a commune answer at one more number (E.164); the first one is that which families read.

    Raises `NumberTaken`, `TooManyNumbers`; nothing is changed then.
    """
    with context.use(commune), transaction.atomic():
        numbers = lines_of(commune)
        if number not in numbers and len(numbers) >= MOST_NUMBERS:
            raise TooManyNumbers(commune.slug)
        read = town_settings()
        told = read.voice_number or _as_read(number, commune)
        _set(commune, list(dict.fromkeys([*numbers, number])), told, by=by)


def take_number(*, commune: Commune, number: str, by: Actor) -> None:
    """Let a commune no longer answer at a number; families then read another of its numbers, or none."""
    with context.use(commune), transaction.atomic():
        left = [one for one in lines_of(commune) if one != number]
        told = town_settings().voice_number
        if told == _as_read(number, commune):
            told = _as_read(left[0], commune) if left else ""
        _set(commune, left, told, by=by)


def _set(commune: Commune, numbers: list[str], told: str, *, by: Actor) -> None:
    before = sorted(lines_of(commune))
    set_numbers(numbers=numbers, shown=told, words=town_settings().voice_words, by=by, channel=Channel.WEB)
    if before != sorted(numbers):
        changed = {"numbers": before}, {"numbers": sorted(numbers)}
        with context.public():
            subject = f"commune:{commune.slug}"
            record_change(changed, by=by, channel=Channel.WEB, action="voice_numbers_changed", subject=subject)


def _as_read(number: str, commune: Commune) -> str:
    return shown(number, region=region_of(commune.zone))


def _write(line: OperatorLine, wanted: Wanted) -> None:
    for name in (*_FIELDS, "commune"):
        setattr(line, name, getattr(wanted, name))
    if wanted.kind == OperatorLine.Kind.ADDRESS:
        line.password = ""
    elif wanted.password is not None:
        line.password = telephone.sealed(wanted.password)
    try:
        with transaction.atomic():
            line.save()
    except IntegrityError as error:
        raise NameTaken(wanted.name) from error


def _facts(line: OperatorLine) -> dict[str, Any]:
    """What the journal keeps: never the password."""
    return {name: getattr(line, name) for name in _FIELDS} | {"commune": line.commune.slug if line.commune else ""}


def _record(
    action: str,
    line: OperatorLine,
    changed: tuple[Mapping[str, Any], Mapping[str, Any]],
    *,
    by: Actor,
    communes: set[Commune | None],
) -> None:
    record_change(changed, by=by, channel=Channel.WEB, action=action, subject=f"operator_line:{line.pk}")
    for commune in filter(None, communes):
        with context.use(commune):
            record_change(changed, by=by, channel=Channel.WEB, action=action, subject=SUBJECT)
