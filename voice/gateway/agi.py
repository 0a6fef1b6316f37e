"""FastAGI, the handful of commands that a call needs: play files, wait for a key, hang up.

Asterisk opens one connection a call and sends the call's facts, then answers each command by a line. AGI has no
authentication: its port belongs on the loopback, or on a private network that carries nothing else.
"""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ALL_KEYS = "0123456789*#"
NO_HASH = "0123456789*"
LONGEST_LINE = 1024
MOST_FACTS = 64
_RESULT = re.compile(r"200 result=(-?\d+)(?:.*endpos=(\d+))?")
_KEYS = re.compile(r"200 result=([0-9*#A-D]*)( \(timeout\))?$")
_GONE = -1
_NOWHERE = -1  # where a file ended that was not played
_NOT_PLAYED = f"200 result={_GONE} endpos=0"  # no such file; or the caller has gone, as the next command says
# What Asterisk's configuration knows of us, which is made where neither Django nor our libraries are.
BUSY = "LPS_OCCUPE"  # the variable that asks the dialplan for a busy line
UNAVAILABLE = "indisponible"  # the sentence that Asterisk says by itself when the voice server does not answer
log = logging.getLogger(__name__)


class Gone(ConnectionError):
    """The caller has hung up, or Asterisk has gone."""


class BadPeer(ValueError):
    """Whoever is at the other end does not speak AGI."""


@dataclass(slots=True)
class Channel:
    """One call, as commands."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    facts: Mapping[str, str] = field(default_factory=dict)

    async def greet(self) -> None:
        """Read the facts of the call, up to an empty line. Raises `BadPeer`, `Gone`."""
        facts: dict[str, str] = {}
        while line := await self._line():
            name, colon, value = line.partition(":")
            if not colon or len(facts) >= MOST_FACTS:
                raise BadPeer("not the facts of a call")
            facts[name.strip().removeprefix("agi_")] = value.strip()
        self.facts = facts

    async def play(self, files: Sequence[str], *, cut_by: str = ALL_KEYS) -> str:
        """Play files one after the other; the key that cut them, "" when all was heard. Raises `Gone`.

        A key which is not in `cut_by` is lost. Where none of them can be played the caller would wait for nothing: the
        call ends.
        """
        lost = 0
        for name in files:
            key, end = await self._stream(name, 0, cut_by)
            if key:
                return key
            lost += end == _NOWHERE
        if files and lost == len(files):
            log.error("no sentence can be played: Asterisk does not see the folder")
            raise Gone
        return ""

    async def play_whole(self, files: Sequence[str]) -> list[str]:
        """Play files to their end whatever is typed; the keys that came meanwhile. Raises `Gone`."""
        keys: list[str] = []
        for name in files:
            key, at = await self._stream(name, 0)
            while key:
                keys.append(key)
                key, at = await self._stream(name, at)
        return keys

    async def play_from(self, name: str, at: int) -> tuple[str, int | None]:
        """Play a file from there on; the key that cut it and where to go on, None once it has ended. Raises `Gone`.

        `#` cuts nothing, and is lost.
        """
        key, end = await self._stream(name, at, NO_HASH)
        return key, end if key else None

    async def wait(self, *, seconds: float) -> str:
        """The next key, "" when none comes in time. Raises `Gone`."""
        result, _ = await self._ask(f"WAIT FOR DIGIT {int(seconds * 1000)}")
        return chr(result) if result > 0 else ""

    async def gather(self, *, most: int, seconds: float) -> tuple[str, bool]:
        """Up to so many keys, `#` being the last, and whether the time for one more passed without it. Raises `Gone`.

        One command, in which Asterisk loses none: it drops keys that come while no command runs.
        """
        line = await self._said(f'GET DATA "" {int(seconds * 1000)} {most}')
        found = _KEYS.match(line)
        if not found:
            raise BadPeer(line[:80])
        keys, is_silent = found[1], bool(found[2])
        return (keys if is_silent or len(keys) >= most else f"{keys}#"), is_silent

    async def answer(self) -> None:
        """Take the call, and leave its sound the time to open. Raises `Gone`."""
        await self._ask("EXEC Answer 200")

    async def refuse(self) -> None:
        """Leave the call unanswered: its caller hears a busy line, which costs nothing. Raises `Gone`."""
        await self._ask(f"SET VARIABLE {BUSY} 1")

    async def hang_up(self) -> None:
        """End the call."""
        await self._ask("HANGUP")

    async def _stream(self, name: str, at: int, cut_by: str = ALL_KEYS) -> tuple[str, int]:
        """Play a file; one that is there no longer is passed over: the call goes on."""
        result, end = await self._ask(f'STREAM FILE {name} "{cut_by}" {at}', may_fail=True)
        if result == _GONE:
            log.error("a sentence was not played: its file is gone")
            return "", _NOWHERE
        return (chr(result) if result > 0 else ""), end

    async def _ask(self, command: str, *, may_fail: bool = False) -> tuple[int, int]:
        line = await self._said(command, may_fail=may_fail)
        found = _RESULT.match(line)
        if not found:
            raise BadPeer(line[:80])
        return int(found[1]), int(found[2] or 0)

    async def _said(self, command: str, *, may_fail: bool = False) -> str:
        """What Asterisk answers to a command. Raises `Gone`."""
        self.writer.write(f"{command}\n".encode())
        try:
            await self.writer.drain()
        except ConnectionError as error:
            raise Gone from error
        line = await self._line()
        if may_fail and line == _NOT_PLAYED:
            return line
        if line == "HANGUP" or line.startswith(("511", f"200 result={_GONE}")):
            raise Gone
        return line

    async def _line(self) -> str:
        try:
            line = await self.reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Gone from error
        except asyncio.LimitOverrunError as error:
            raise BadPeer("a line too long") from error
        return line.decode("utf-8", "replace").strip()
