"""Keeps several programs running: their output under one roof, restarts with back-off, an orderly end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from deploy import processes
from deploy.processes import Impossible, Interrupted

RESTARTS = 5
BACK_OFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0)
STEADY_SECONDS = 60.0
LOOK_SECONDS = 0.1
LAST_WORDS = 8
# What is left to each program once we were asked twice: a database still ends in order.
HURRY_SECONDS = 1.0
# `timeout make run` sends its signal to us, and to make, which sends it to us.
ECHO_SECONDS = 1.0
_COLORS = (36, 32, 33, 35, 34, 31)


@dataclass(frozen=True, slots=True)
class Program:
    """One line of the table of what runs: how to start it and how to ask it to end.

    Programs of a higher stage end first, those of one stage together: a service outlives its users. `log` is where a
    program writes that writes nothing to us: its last words are told when it dies, its next start begins the file anew.
    """

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 6.0
    stage: int = 0
    log: Path | None = None


@dataclass(slots=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    failures: int = 0
    restart_at: float | None = None


@dataclass(slots=True)
class Output:
    """Writes the lines of all programs to one stream, each after the name of who said it."""

    stream: IO[str] = field(default_factory=lambda: sys.stdout)
    width: int = 8
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _names: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Write our own words, without a name before them."""
        self._write(text)

    def line(self, name: str, text: str) -> None:
        """Write one line of a program."""
        self._write(f"{self._label(name)} │ {text}")

    def follow(self, name: str, source: IO[bytes]) -> threading.Thread:
        """Write every line of `source` as it comes, until its end, in a thread of its own."""
        thread = threading.Thread(target=self._copy, args=(name, source), daemon=True)
        thread.start()
        return thread

    def _copy(self, name: str, source: IO[bytes]) -> None:
        with source:
            for raw in source:
                self.line(name, raw.decode(errors="replace").rstrip())

    def _label(self, name: str) -> str:
        with self._lock:
            if name not in self._names:
                self._names.append(name)
            color = _COLORS[self._names.index(name) % len(_COLORS)]
        padded = name.ljust(self.width)
        return f"\x1b[{color}m{padded}\x1b[0m" if self.stream.isatty() else padded

    def _write(self, text: str) -> None:
        with self._lock, suppress(OSError):  # the reader has gone away, or its disk is full: the programs go on
            self.stream.write(f"{text}\n")
            self.stream.flush()


class Supervisor:
    """Starts programs in order, restarts those that die, and stops all on the way out."""

    def __init__(
        self,
        *,
        output: Output,
        back_off: Sequence[float] = BACK_OFF_SECONDS,
        restarts: int = RESTARTS,
        steady: float = STEADY_SECONDS,
    ) -> None:
        self._output = output
        self._back_off = back_off
        self._restarts = restarts
        self._steady = steady
        self._running: list[_Running] = []
        self._is_stopping = False
        self._is_pressed = False
        self._asked_at = 0.0

    def __enter__(self) -> Self:
        processes.adopt_orphans()
        processes.on_request_to_stop(self._asked_to_stop)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._is_stopping = True
        self.stop_all()

    def start(self, program: Program) -> None:
        """Start one more program, after those already there."""
        self._running.append(_Running(program, program.start(), time.monotonic()))

    def run(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for a command's end and give its exit code; end it with us."""
        try:
            return process.wait()
        finally:
            process.send_signal(signal.SIGTERM)
            self._let_end(process, grace=5.0)

    def watch(self, *, until: Callable[[], bool] | None = None) -> None:
        """Look after the programs until `until` holds, or for ever; raises when one died too often."""
        while until is None or not until():
            for running in self._running:
                self._look_at(running)
            time.sleep(LOOK_SECONDS)

    def stop_all(self) -> None:
        """Stop the programs, stage after stage, and kill whatever they left behind."""
        stages = {running.program.stage for running in self._running}
        for stage in sorted(stages, reverse=True):
            together = [running for running in self._running if running.program.stage == stage]
            for running in together:
                running.process.send_signal(running.program.stop_signal)
            asked_at = time.monotonic()
            for running in together:
                passed = time.monotonic() - asked_at
                self._let_end(running.process, grace=running.program.grace - passed)
        self._running.clear()
        processes.kill_descendants()

    def _look_at(self, running: _Running) -> None:
        """Notice a death, plan the restart, restart when its hour has come."""
        if running.restart_at is None:
            code = running.process.poll()
            if code is not None:
                self._mourn(running, code)
        elif time.monotonic() >= running.restart_at:
            running.process, running.started_at = running.program.start(), time.monotonic()
            running.restart_at = None

    def _mourn(self, running: _Running, code: int) -> None:
        """Say who died and of what; decide when to start it again, or to give up."""
        processes.kill_group(running.process)
        if time.monotonic() - running.started_at > self._steady:
            running.failures = 0
        running.failures += 1
        name, cause = running.program.name, _cause(code)
        if running.program.log is not None:
            for words in processes.last_lines(running.program.log, count=LAST_WORDS).splitlines():
                self._output.line(name, words)
        if running.failures > self._restarts:
            raise Impossible(f"{name} s'est arrêté {running.failures} fois ({cause}) : lisez ses lignes ci-dessus.")
        delay = self._back_off[min(running.failures, len(self._back_off)) - 1]
        attempt = f"{running.failures}/{self._restarts}"
        self._output.say(f"{name} s'est arrêté ({cause}) : nouvel essai dans {delay:g} s ({attempt}).")
        running.restart_at = time.monotonic() + delay

    def _asked_to_stop(self) -> None:
        """Leave what we are doing the first time; hurry when asked again, later than the same request's echo."""
        if self._is_stopping:
            self._is_pressed = time.monotonic() - self._asked_at > ECHO_SECONDS
            return
        self._is_stopping = True
        self._asked_at = time.monotonic()
        raise Interrupted

    def _let_end(self, process: subprocess.Popen[bytes], *, grace: float) -> None:
        """Give a program that was asked to end its time, less when we are pressed meanwhile; then kill its group."""
        started = time.monotonic()

        def is_over() -> bool:
            is_hurried = self._is_pressed and time.monotonic() - started > HURRY_SECONDS
            return process.poll() is not None or is_hurried

        processes.wait_until(is_over, seconds=grace)
        processes.kill_group(process)


def _cause(code: int) -> str:
    """Put an exit code in words; negative ones are signals."""
    if code >= 0:
        return f"code {code}"
    return f"signal {signal.Signals(-code).name}"
