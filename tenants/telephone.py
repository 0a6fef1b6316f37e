"""The telephone's side of the registry: operators' lines with their sealed passwords, and the voice servers at work."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from tenants import context, keys
from tenants.models import Commune, CommuneState, OperatorLine, VoiceServer

PURPOSE = "operator_line"
FORGOTTEN_AFTER = timedelta(days=1)  # a server that was replaced under another name is no alarm for ever
State = OperatorLine.State


class UnknownLine(LookupError):
    """No operator's line bears that number of ours."""


@dataclass(frozen=True, slots=True)
class Told:
    """What Asterisk says of one line."""

    state: OperatorLine.State
    calls: int


def operator_lines() -> list[OperatorLine]:
    """Every line, its commune beside: one statement."""
    with context.public():
        return list(OperatorLine.objects.select_related("commune"))


def served_lines() -> list[OperatorLine]:
    """The lines in service; not those of a commune that was closed or erased."""
    gone = (CommuneState.CLOSED, CommuneState.ERASED)
    with context.public():
        return list(OperatorLine.objects.filter(is_open=True).filter(Q(commune=None) | ~Q(commune__state__in=gone)))


def lines_of_commune(commune: Commune) -> list[OperatorLine]:
    """The commune's own lines: one statement."""
    with context.public():
        return list(OperatorLine.objects.filter(commune=commune))


def operator_line(*, pk: int) -> OperatorLine:
    """One line. Raises `UnknownLine`."""
    with context.public():
        found: OperatorLine | None = OperatorLine.objects.select_related("commune").filter(pk=pk).first()
    if found is None:
        raise UnknownLine(pk)
    return found


def locked_line(*, pk: int) -> OperatorLine:
    """One line, held until we commit: two operators change it one after the other. Raises `UnknownLine`."""
    with context.public():
        found: OperatorLine | None = OperatorLine.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if found is None:
        raise UnknownLine(pk)
    return found


def sealed(password: str) -> str:
    """A line's password as it is kept: under the application's key, so that the voice server alone need open it."""
    with context.public():
        return keys.encrypt(password, purpose=PURPOSE) if password else ""


def opened(line: OperatorLine) -> str:
    """A line's password. Raises `keys.KeyLost`."""
    with context.public():
        return keys.decrypt(line.password, purpose=PURPOSE) if line.password else ""


def reseal_lines() -> int:
    """Seal the passwords again under the application's key in force; how many."""
    with context.public(), transaction.atomic():
        held = OperatorLine.objects.exclude(password="").select_for_update(no_key=True).order_by("pk")
        lines = list(held)  # an operator who changes a password meanwhile keeps it
        for line in lines:
            line.password = sealed(opened(line))
        OperatorLine.objects.bulk_update(lines, ["password"], batch_size=500)
    return len(lines)


def sealed_passwords() -> list[str]:
    """The passwords of the lines, as they are sealed."""
    with context.public():
        return list(OperatorLine.objects.exclude(password="").values_list("password", flat=True))


def note_lines(told: dict[int, Told], *, at: datetime) -> None:
    """Keep what Asterisk says of its lines at an instant (aware); those that it does not know are of unknown state."""
    with context.public(), transaction.atomic():
        changed = []
        for line in OperatorLine.objects.select_for_update(no_key=True).order_by("pk"):
            now = told.get(line.pk, Told(State.UNKNOWN, 0))
            if (line.state, line.calls) != (now.state, now.calls):
                if line.state != now.state:
                    line.state, line.state_since = now.state, at
                line.calls = now.calls
                changed.append(line)
        if changed:
            OperatorLine.objects.bulk_update(changed, ["state", "state_since", "calls"])


def note_server(server: VoiceServer) -> None:
    """Keep what a voice server tells of itself, and forget those that have been silent for a day."""
    with context.public():
        VoiceServer.objects.bulk_create(
            [server],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["started_at", "seen_at", "calls", "exchange"],
        )
        VoiceServer.objects.filter(seen_at__lt=server.seen_at - FORGOTTEN_AFTER).delete()


def forget_server(name: str) -> None:
    """A voice server that was asked to stop is no longer waited for."""
    with context.public():
        VoiceServer.objects.filter(name=name).delete()


def voice_servers() -> list[VoiceServer]:
    """Those that told of themselves within the day: one statement."""
    with context.public():
        return list(VoiceServer.objects.all())


def numbers() -> list[tuple[str, Commune]]:
    """Every number and the commune that answers there: one statement."""
    from tenants.models import Line

    with context.public():
        return [(line.number, line.commune) for line in Line.objects.select_related("commune")]


def open_passwords(lines: Iterable[OperatorLine]) -> tuple[dict[int, str], set[int]]:
    """The passwords by line, and the lines whose password cannot be opened (their key is lost)."""
    found, lost = {}, set()
    for line in lines:
        try:
            found[line.pk] = opened(line)
        except keys.KeyLost:
            lost.add(line.pk)
    return found, lost
