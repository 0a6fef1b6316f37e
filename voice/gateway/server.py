"""The FastAGI server: one coroutine a call, the town's side in a bounded pool of threads.

A call holds neither a thread nor a connection to the database while it waits for a key. Asked to stop, the server
takes no new call and lets those that stand come to their end.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, connection

from lps.kernel import clock, log_context
from lps.kernel.metrics import counted
from tenants import context
from tenants.models import Commune
from tenants.queries import commune_of_number
from voice import queries
from voice.dialogue.collect import KEYS, Collector
from voice.dialogue.facts import Action, Ask, Phrase, Typed, phrase
from voice.gateway import numbers
from voice.gateway.agi import ALL_KEYS, LONGEST_LINE, NO_HASH, BadPeer, Channel, Gone
from voice.gateway.errors import NoVoice
from voice.gateway.prompts import Store, TownVoice, Wanted
from voice.models import Call
from voice.services import conversation as calls
from voice.services import pieces
from voice.services.conversation import CALLS_AT_ONCE, Conversation

THREADS = 8  # as many as there are connections to the database in a process: one more would wait for one
LEAVING_SECONDS = 600.0  # no call is longer
GREETING_SECONDS = 10.0
QUICK_SECONDS = 0.015  # what most answers take: nobody listens meanwhile
# An answer that comes while the channel listens waits for the end of it. After a silence it listens twice as long, no
# longer than the answer has taken so far: between two times a key is lost.
LISTENING_SECONDS, LISTENING_LONGEST = 0.04, 0.64
BURST_SECONDS = 1.5  # keys typed without listening follow each other at least so fast
Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class Server:
    """Answers calls on one address until it is told to stop."""

    def __init__(self, *, store: Store, leaving_seconds: float = LEAVING_SECONDS) -> None:
        self.store = store
        self.leaving_seconds = leaving_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="call")
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="pieces")
        self._wanted: set[str] = set()  # pieces that are being brought
        self._standing: set[asyncio.Task[None]] = set()
        self._callers: Counter[tuple[str, str]] = Counter()
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._call, host, port, limit=LONGEST_LINE)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        """Take no new call, let the others end, and give everything back."""
        assert self._server is not None
        self._server.close()
        if self._standing:
            log.info("stopping: %s calls stand, they may end", len(self._standing))
            await asyncio.wait(self._standing, timeout=self.leaving_seconds)
        for task in self._standing:
            task.cancel()
        await asyncio.gather(*self._standing, return_exceptions=True)
        self._threads.shutdown(wait=True)
        self._beside.shutdown(wait=True)

    @property
    def standing(self) -> int:
        """How many calls stand."""
        return len(self._standing)

    @property
    def at_once(self) -> int:
        """How many of them have reached a commune."""
        return self._callers.total()

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        log_context.request_id.set(log_context.new_id())
        self._standing.add(task)
        counted.STANDING_CALLS.inc()
        channel = Channel(reader, writer)
        try:
            await asyncio.wait_for(channel.greet(), GREETING_SECONDS)
            await self._answer(channel)
        except (BadPeer, TimeoutError) as error:
            log.warning("a connection was no call (%s)", type(error).__name__)
        except Gone:
            log.info("a caller has gone before the first word")
        finally:
            self._standing.discard(task)
            counted.STANDING_CALLS.dec()
            writer.close()

    async def _answer(self, channel: Channel) -> None:
        called = numbers.called(channel.facts.get("arg_1") or channel.facts.get("extension", ""))
        caller = numbers.calling(channel.facts.get("callerid", ""))
        try:
            commune = await self.in_thread(lambda: _commune(called))
        except (DatabaseError, InterfaceError) as error:
            log.error("a call met no database (%s)", type(error).__name__)
            counted.VOICE_ERRORS.labels(part="database").inc()
            return await self._say_and_end(channel, [phrase("failed"), phrase("good_bye")])
        if commune is None:
            return await self._say_and_end(channel, [phrase("not_assigned"), phrase("good_bye")])
        with _Counted(self._callers, (called, caller)) as at_once:
            if caller and at_once > CALLS_AT_ONCE:
                log.info("a caller whose calls stand hears a busy line")
                return await channel.refuse()
            await self._talk(channel, commune, caller)

    async def _talk(self, channel: Channel, commune: Commune, caller: str) -> None:
        try:
            voice, (call, action) = await self.in_thread(lambda: _begun(commune, caller))
        except (DatabaseError, InterfaceError) as error:
            log.error("a call met no database (%s)", type(error).__name__)
            counted.VOICE_ERRORS.labels(part="database").inc()
            return await self._say_and_end(channel, [phrase("failed"), phrase("good_bye")])
        if call.outcome is Call.Outcome.REFUSED:
            return await channel.refuse()
        try:
            await channel.answer()
            await _Talk(self, channel, call, voice).go_on(action)
        except (Gone, BadPeer):
            pass
        finally:
            if not call.over:  # whatever ended it; a call that is over has been written
                await self.in_thread(lambda: calls.leave(call, at=clock.now()))

    async def _say_and_end(self, channel: Channel, said: Iterable[Phrase]) -> None:
        await channel.answer()
        await channel.play_whole(await self.files(said, TownVoice()))
        await channel.hang_up()

    async def files(self, said: Iterable[Phrase], voice: TownVoice, commune: Commune | None = None) -> list[str]:
        """The files of these sentences, as Asterisk names them; one that cannot be rendered is left out and told.

        What is missing of the natural voice is brought, or asked for, beside the call.
        """
        return await self.in_thread(lambda: self.rendered(said, voice, commune))

    def rendered(self, said: Iterable[Phrase], voice: TownVoice, commune: Commune | None) -> list[str]:
        """The same, in a thread away from the other calls."""
        found: list[str] = []
        for one in said:
            try:
                heard = self.store.heard(one, voice)
            except NoVoice as error:
                log.error("a sentence was not rendered: %s (%s)", one.code, error)
                counted.VOICE_ERRORS.labels(part="sentence").inc()
                continue
            found += map(self.store.playable, heard.files)
            if heard.wanted and commune is not None:
                self._bring(heard.wanted, commune)
        return found

    def _bring(self, wanted: Iterable[Wanted], commune: Commune) -> None:
        """Bring pieces into the folder in a thread of its own, once at a time."""
        new = [one for one in wanted if one.name not in self._wanted]
        if new:
            self._wanted |= {one.name for one in new}
            self._beside.submit(self._supply, new, commune)

    def _supply(self, wanted: list[Wanted], commune: Commune) -> None:
        try:
            with context.use(commune):
                pieces.supply(self.store, wanted, at=clock.now())
        except (DatabaseError, InterfaceError, OSError) as error:
            log.error("pieces of sentences were not brought (%s)", type(error).__name__)
        finally:
            self._wanted -= {one.name for one in wanted}
            connection.close()

    async def in_thread(self, work: Callable[[], Answer]) -> Answer:
        """Away from the other calls; its lines bear the name of this one.

        In the thread's own context: in a copy of this one Django would open its connection to the cache anew each time.
        """
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, _named, log_context.request_id.get(), work
        )


class _Talk:
    """The dialogue with one caller."""

    def __init__(self, server: Server, channel: Channel, call: Conversation, voice: TownVoice) -> None:
        self.server, self.channel, self.call, self.voice = server, channel, call, voice

    async def go_on(self, action: Action | None) -> None:
        """Say, listen, ask the town, until the end."""
        ahead: list[str] = []
        files: Sequence[str] | None = None
        while isinstance(action, Ask):
            typed = await self._typed(action, files, ahead)
            action, files = await self._meanwhile(self._heard(typed, clock.now(), is_hurried=bool(ahead)), ahead)
        if action is not None:
            await self.channel.play_whole(await self._rendered(action.say))  # type: ignore[union-attr]
        await self.channel.hang_up()

    async def _meanwhile(self, work: Coroutine[None, None, Answer], ahead: list[str]) -> Answer:
        """Do this, and keep the keys typed meanwhile: Asterisk drops those that come while no command runs.

        A caller who hangs up meanwhile does not interrupt it: raises `Gone` once it is done.
        """
        task, seconds = asyncio.ensure_future(work), LISTENING_SECONDS
        await asyncio.wait({task}, timeout=QUICK_SECONDS)
        try:
            while not task.done():
                if key := await self.channel.wait(seconds=seconds):
                    ahead.append(key)
                else:
                    seconds = min(2 * seconds, LISTENING_LONGEST)
        finally:
            await asyncio.wait({task})
        return task.result()

    async def _heard(
        self, typed: Typed, at: datetime, *, is_hurried: bool
    ) -> tuple[Action | None, Sequence[str] | None]:
        """Move the call on, and look in the same turn for the files of what is asked next.

        Not for a caller who types ahead: that one may hear none of it.
        """

        def moved() -> tuple[Action | None, Sequence[str] | None]:
            action = calls.hear(self.call, typed, at=at)
            if is_hurried or not isinstance(action, Ask):
                return action, None
            return action, self.server.rendered(action.say, self.voice, self.call.commune)

        return await self.server.in_thread(moved)

    async def _files(self, said: Iterable[Phrase], ahead: list[str]) -> list[str]:
        return await self._meanwhile(self._rendered(said), ahead)

    async def _rendered(self, said: Iterable[Phrase]) -> list[str]:
        return await self.server.files(said, self.voice, self.call.commune)

    async def _typed(self, ask: Ask, files: Sequence[str] | None, ahead: list[str]) -> Typed:
        """What the caller answers: keys typed ahead first, then those that cut the question, then those waited for.

        `files` are the question's, None when they were not looked for yet.
        """
        if ask.unheard:
            unheard = await self._files(ask.unheard, ahead)
            ahead[:] = await self._news(unheard) if ask.forgets else [*ahead, *await self.channel.play_whole(unheard)]
        collector, spoken, silent = Collector(ask), False, 0
        while True:
            if ahead:
                key = ahead.pop(0)
                typed = collector.key(key) if key in KEYS else None  # A to D: no telephone of a parent has them
                if typed is not None:
                    return typed
            elif not spoken:
                spoken = True
                files = await self._files(ask.say, ahead) if files is None else files
                cut_by = ALL_KEYS if ask.is_list else NO_HASH
                ahead += "" if ahead else await self.channel.play(files, cut_by=cut_by)
            elif silent < collector.seconds:
                left = collector.seconds - silent
                found, is_silent = await self.channel.gather(most=collector.awaited, seconds=left)
                silent = (left if found else collector.seconds) if is_silent else 0
                ahead += found
            else:
                return collector.silence()

    async def _news(self, files: Sequence[str]) -> list[str]:
        """Say what could not be foreseen; keys that go on at once from what was typed before are forgotten.

        A key that follows a pause answers, and cuts it; `#` does neither.
        """
        now = asyncio.get_running_loop().time
        pressed = now()
        for name in files:
            at: int | None = 0
            while at is not None:
                key, at = await self.channel.play_from(name, at)
                if key and now() - pressed > BURST_SECONDS:
                    return [key]
                pressed = now() if key else pressed
        return []


class _Counted:
    """How many calls one caller makes at once, this one included."""

    def __init__(self, counter: Counter[tuple[str, str]], who: tuple[str, str]) -> None:
        self._counter, self._who = counter, who

    def __enter__(self) -> int:
        self._counter[self._who] += 1
        return self._counter[self._who]

    def __exit__(self, *_error: object) -> None:
        self._counter[self._who] -= 1
        if not self._counter[self._who]:
            del self._counter[self._who]


def _named(call: str, work: Callable[[], Answer]) -> Answer:
    log_context.request_id.set(call)
    return work()


def _commune(called: str) -> Commune | None:
    try:
        return commune_of_number(number=called) if called else None
    finally:
        connection.close()


def _begun(commune: Commune, caller: str) -> tuple[TownVoice, tuple[Conversation, Action]]:
    """The town's voice, and the call with its first words, by one connection."""
    try:
        with context.use(commune):
            voice = queries.town_voice()
        return voice, calls.begin(commune=commune, door=Call.Door.TELEPHONE, caller=caller, at=clock.now())
    finally:
        connection.close()
