"""What Asterisk says to the voice server, spoken over a real socket by a caller who follows a script."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from voice.gateway.agi import ALL_KEYS
from voice.gateway.prompts import Store, key, pronounced
from voice.gateway.server import Server

SILENCE, HANG_UP = "silence", "hang up"
NATURAL = "by the natural voice"
LINE = "+33476549340"


class Remembering(Store):
    """The store, which remembers the text of each file."""

    texts: dict[str, str] = {}

    def file(self, text, *, said=()):  # type: ignore[no-untyped-def]
        self.texts[key(pronounced(text, said))] = text
        return Store.file(self, text, said=said)


@dataclass
class Caller:
    """A call as its caller makes it: each word of the script is typed once the question was heard."""

    script: Iterable[str]
    number: str = "0612345678"
    called: str = LINE
    before: dict[int, object] = field(default_factory=dict)  # what is done before the n-th word
    leaves_after: int | None = None  # the word after which to hang up without hearing the answer
    said: int = -1
    heard: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)  # what a key interrupted
    over: bool = False
    answered: bool = False
    busy: bool = False
    typed: str = ""
    waits: list[str] = field(default_factory=list)  # for each wait, its milliseconds and how many keys it takes

    @property
    def words(self) -> str:
        return " ".join(self.heard)

    async def call(self, port: int) -> "Caller":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        facts = {"agi_request": "agi://x", "agi_callerid": self.number, "agi_arg_1": self.called}
        writer.write("".join(f"{name}: {value}\n" for name, value in facts.items()).encode() + b"\n")
        words = enumerate(self.script)
        while line := (await reader.readline()).decode().strip():
            if _is_short(line) and self.said == self.leaves_after and not self.typed:
                break
            answer = await self._listening(line) if _is_short(line) else self._answer(line, words)
            if answer is None:
                break
            writer.write(f"{answer}\n".encode())
            if line == "HANGUP":
                self.over = True
        writer.close()
        return self

    async def _listening(self, line: str) -> str:
        """Nothing of the script is typed before its question was heard; only what was typed ahead is."""
        if not self.typed:
            await asyncio.sleep(int(line.split()[3]) / 1000)
        return f"200 result={self._next()}"

    def _answer(self, line: str, words) -> str | None:  # type: ignore[no-untyped-def]
        if line.startswith("STREAM FILE"):
            if line.split()[-1] == "0":  # what a key interrupted goes on from there
                self.heard.append(Remembering.texts.get(Path(line.split()[2]).name, NATURAL))
            if pressed := self._next(cut_by=line.split()[3]):
                self.cut.append(self.heard[-1])
            return f"200 result={pressed} endpos=800"
        if line.startswith("GET DATA"):
            self.waits.append(line.removeprefix('GET DATA "" '))
            if not self.typed:
                rank, word = next(words, (0, HANG_UP))
                self.said = rank
                if rank in self.before:
                    self.before[rank]()  # type: ignore[operator]
                if word == HANG_UP:
                    return None
                self.typed = "" if word == SILENCE else word
            return self._gathered(most=int(line.split()[-1]))
        if line.startswith("SET VARIABLE"):
            assert not self.answered
            self.busy = True
        self.answered = self.answered or line.startswith("EXEC Answer")
        assert self.answered or self.busy, line
        assert line == "HANGUP" or line.startswith(("EXEC Answer", "SET VARIABLE")), line
        return "200 result=1"

    def _gathered(self, *, most: int) -> str:
        """As Asterisk does: `#` ends and is not told, anything else counts."""
        keys, ended, left = self.typed.partition("#")
        if not ended or len(keys) >= most:
            keys, ended, left = self.typed[:most], "", self.typed[most:]
        self.typed = left
        return f"200 result={keys}{'' if ended or len(keys) == most else ' (timeout)'}"

    def _next(self, *, cut_by: str = ALL_KEYS) -> int:
        """As Asterisk does: a key that does not cut a sound is lost under it."""
        self.typed = self.typed.lstrip("".join(set(ALL_KEYS) - set(cut_by)))
        pressed, self.typed = self.typed[:1], self.typed[1:]
        return ord(pressed) if pressed else 0


def _is_short(line: str) -> bool:
    """Whether the server only listens while it does something else."""
    return line.startswith("WAIT FOR DIGIT")


class Typist:
    """A caller who types without waiting for questions, on a line that drops what comes while no command runs.

    So does Asterisk. What comes between two commands that follow each other at once is not dropped here.
    """

    AT_ONCE = 0.1

    def __init__(self, keys: str, *, every: float) -> None:
        self.keys, self.every = keys, every
        self._pressed: asyncio.Queue[str] = asyncio.Queue()
        self._listens = asyncio.Event()

    async def call(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"agi_callerid: 0612345678\nagi_arg_1: {LINE}\n\n".encode())
        typing: asyncio.Task[None] | None = None
        while (line := (await reader.readline()).decode().strip()) and line != "HANGUP":
            answer = "0 endpos=0"
            if _is_short(line) or line.startswith("GET DATA"):
                typing = typing or asyncio.create_task(self._type())
                self._listens.set()
                answer = await self._heard(line)
                self._listens.clear()
                if answer == " (timeout)" and typing.done():
                    break
            writer.write(f"200 result={answer}\n".encode())
        writer.close()

    async def _heard(self, line: str) -> str:
        if _is_short(line):
            key = await self._key(int(line.split()[3]) / 1000)
            return str(ord(key)) if key else "0"
        keys, most, seconds = "", int(line.split()[4]), int(line.split()[3]) / 1000
        while len(keys) < most:
            if not (key := await self._key(seconds)):
                return f"{keys} (timeout)"
            if key == "#":
                break
            keys += key
        return keys

    async def _key(self, seconds: float) -> str:
        try:
            return await asyncio.wait_for(self._pressed.get(), seconds)
        except TimeoutError:
            return ""

    async def _type(self) -> None:
        for pressed in self.keys:
            await asyncio.sleep(self.every)
            try:
                await asyncio.wait_for(self._listens.wait(), self.AT_ONCE)
                self._pressed.put_nowait(pressed)
            except TimeoutError:
                pass  # dropped


def played(folder: Path, *callers: Caller) -> list[Caller]:
    """Let these call one after the other."""

    async def all_of_them() -> None:
        server = Server(store=Remembering(folder), leaving_seconds=5)
        port = await server.open("127.0.0.1", 0)
        for caller in callers:
            await caller.call(port)
        await server.close()

    asyncio.run(all_of_them())
    return list(callers)
