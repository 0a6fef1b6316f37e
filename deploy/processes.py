"""Processes that never outlive the one that started them (Linux)."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LOOPBACK = "127.0.0.1"
INTERRUPTED = 130

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


class Impossible(Exception):
    """Something that the person at the keyboard can mend; the message is one French sentence for them."""


class Interrupted(BaseException):
    """The person, or the machine, asked us to stop (Ctrl-C, SIGTERM, SIGHUP)."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The system user under which a process runs when it may not be root."""

    uid: int
    gid: int


def explained(action: Callable[[], int], *, place: Path | str) -> int:
    """Run a command's work and give its exit code; what the person can mend is said in one sentence, not a trace."""
    try:
        return action()
    except (Interrupted, KeyboardInterrupt):
        return INTERRUPTED
    except Impossible as refusal:
        print(refusal, file=sys.stderr)
    except OSError as error:
        if not is_disk_full(error):
            raise
        print(disk_full_sentence(error.filename or place), file=sys.stderr)
    return 1


def disk_full_sentence(place: Path | str) -> str:
    """Say in one French sentence that the disk holding `place` is full, and what to do."""
    return f"Le disque est plein ({place}) : libérez de la place (2 Go suffisent), puis relancez la même commande."


def is_disk_full(error: OSError) -> bool:
    """Tell whether an error of the operating system means that there is no room left."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def die_with_parent(stop_signal: signal.Signals) -> None:
    """Ask the kernel to send `stop_signal` to this process when the thread that started it ends."""
    if _libc.prctl(_PR_SET_PDEATHSIG, int(stop_signal)) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def adopt_orphans() -> None:
    """Make this process the parent of its descendants whose own parent has died, so that it can end them."""
    if _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def start(
    command: Sequence[str | Path],
    *,
    output: int | IO[bytes],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    owner: Owner | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session; it gets `stop_signal` should we die first.

    Call from the main thread: the kernel watches the thread, not the process. Both outputs go to `output`.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=None if env is None else dict(env),
        cwd=cwd,
        user=None if owner is None else owner.uid,
        group=None if owner is None else owner.gid,
        extra_groups=None if owner is None else [],
        start_new_session=True,
        preexec_fn=_dying_with(os.getpid(), stop_signal),
    )


def _dying_with(parent: int, stop_signal: signal.Signals) -> Callable[[], None]:
    """Make what the child does between fork and exec; a parent already dead is noticed too."""

    def prepare() -> None:
        die_with_parent(stop_signal)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return prepare


def stop(process: subprocess.Popen[bytes], *, stop_signal: signal.Signals = signal.SIGTERM, grace: float) -> None:
    """Ask a child started by `start` to end, give it `grace` seconds, then kill all its group."""
    process.send_signal(stop_signal)
    let_end(process, grace=grace)


def let_end(process: subprocess.Popen[bytes], *, grace: float) -> None:
    """Give a child that was asked to end `grace` seconds, then kill all its group."""
    with suppress(subprocess.TimeoutExpired):  # the group is killed below in any case
        process.wait(timeout=grace)
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of a child's process group, and reap the child."""
    with suppress(ProcessLookupError):  # nothing is left: what we want
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_descendants(*, spare: frozenset[int] = frozenset()) -> None:
    """Kill and reap our children, those adopted from dead ones included, but those in `spare`."""
    while doomed := [pid for pid in children() if pid not in spare]:
        for pid in doomed:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                continue  # ended by itself, or reaped already


def children() -> list[int]:
    """List the process ids of our direct children."""
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(pid) for pid in listing.read_text().split()]


def is_alive(pid: int) -> bool:
    """Tell whether a process exists and has not ended (a zombie has)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(condition: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Wait until `condition` holds, at most `seconds`; tell whether it did."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def on_request_to_stop(handler: Callable[[], None]) -> None:
    """Call `handler`, in the main thread, when somebody asks this program to stop."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: handler())


def free_port() -> int:
    """Give a TCP port of the loopback that nobody listens to at this moment."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def has_ipv6_loopback() -> bool:
    """Tell whether the machine has the address ::1."""
    try:
        with closing(socket.socket(socket.AF_INET6, socket.SOCK_STREAM)) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def reserve(port: int) -> bool:
    """Keep a port for the programs of this process, among all the runs of this user; False when another has it.

    Two runs that start together both find a port free before either of them listens. Ends with the process.
    """
    if port in _reserved:
        return True
    folder = Path(tempfile.gettempdir()) / f"lps-ports-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(folder / str(port), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:  # a full disk: who listens first has it
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _reserved[port] = lock
    return True


_reserved: dict[int, int] = {}  # a locked file each, open as long as we live


def port_is_taken(port: int) -> bool:
    """Tell whether somebody already listens to this port of the loopback, IPv4 or IPv6."""
    addresses = [(socket.AF_INET, LOOPBACK)]
    if has_ipv6_loopback():
        addresses.append((socket.AF_INET6, "::1"))
    return not all(_can_bind(family, address, port) for family, address in addresses)


def _can_bind(family: socket.AddressFamily, address: str, port: int) -> bool:
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def last_lines(path: Path, *, count: int = 15) -> str:
    """Give the end of a log, for an error message."""
    if not path.exists():
        return ""
    lines = path.read_text(errors="replace").splitlines()
    return "\n".join(re.sub(r"\s+$", "", line) for line in lines[-count:])
