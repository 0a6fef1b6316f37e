"""Processor time as the kernel counts it, of processes that are not our own."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def of_process(pid: int) -> float:
    """Seconds of a process so far, those of its threads included; none for one that is no more."""
    try:
        user, system = map(int, _fields(pid)[11:13])
    except FileNotFoundError:
        return 0.0
    return (user + system) * _TICK


def of_sessions(postgres: int) -> float:
    """Seconds of PostgreSQL for its connections that stand: what it does by itself is left out."""
    return sum(of_process(child) for child in _children(postgres) if _is_session(child))


def parent(pid: int) -> int:
    """The process that started another."""
    return int(_fields(pid)[1])


def _fields(pid: int) -> list[str]:
    """What the kernel says of a process, from its state on: its name may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _children(pid: int) -> Iterator[int]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, path.read_text().split())


def _is_session(pid: int) -> bool:
    """PostgreSQL writes in the name of a process whom it serves: "postgres: user database address(port) …"."""
    try:
        return b"(" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
