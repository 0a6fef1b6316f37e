"""Looks after one Asterisk: gives it the operators' lines, and writes down what it and the voice server are doing."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import DatabaseError, InterfaceError, connection

from lps.kernel import clock
from tenants import telephone
from tenants.models import OperatorLine, VoiceServer
from tenants.telephone import Told
from voice.gateway.exchange import Exchange, Silent
from voice.gateway.lines import Trunk, configuration, name_of

BEAT_SECONDS = 10.0
State = OperatorLine.State
_STATES = {"Registered": State.REGISTERED, "Rejected": State.REJECTED, "Stopped": State.REJECTED}
log = logging.getLogger(__name__)


class Keeper:
    """The lines of one Asterisk, and the word of one voice server. Without an Asterisk it gives that word alone.

    Nothing that fails here touches a call: it is told to the logs, and tried again at the next beat.
    """

    def __init__(self, *, name: str, started_at: datetime, exchange: Exchange | None = None) -> None:
        self.name, self.started_at, self.exchange = name, started_at, exchange
        self._must_read_again = False

    def look(self, *, calls: int, at: datetime) -> None:
        """Bring Asterisk to the lines that are set, and keep what stands at an instant (aware)."""
        try:
            exchange = self._look_after(self.exchange, at) if self.exchange else VoiceServer.Exchange.NONE
            server = VoiceServer(name=self.name, started_at=self.started_at, seen_at=at, calls=calls, exchange=exchange)
            telephone.note_server(server)
        except (DatabaseError, InterfaceError) as error:
            log.error("the telephone's lines were not looked after: no database (%s)", type(error).__name__)

    def leave(self) -> None:
        """This server was asked to stop: it is not waited for."""
        try:
            telephone.forget_server(self.name)
        except (DatabaseError, InterfaceError) as error:
            log.warning("the voice server's end was not written (%s)", type(error).__name__)

    async def beat(self, calls: Callable[[], int], *, every: float = BEAT_SECONDS) -> None:
        """Look again and again, in a thread of its own, until cancelled."""
        with ThreadPoolExecutor(1, thread_name_prefix="keeper") as thread:
            loop = asyncio.get_running_loop()
            while True:
                standing, now = calls(), clock.real_now()
                await loop.run_in_executor(thread, self._look_and_let_go, standing, now)
                await asyncio.sleep(every)

    def _look_and_let_go(self, calls: int, at: datetime) -> None:
        """Look, and give the connection back: none is held between two beats."""
        try:
            self.look(calls=calls, at=at)
        finally:
            connection.close()

    def _look_after(self, exchange: Exchange, at: datetime) -> VoiceServer.Exchange:
        lines = telephone.served_lines()
        passwords, lost = telephone.open_passwords(lines)
        told = {pk: Told(State.UNREADABLE, 0) for pk in lost}
        known = [line for line in lines if line.pk in passwords]
        try:
            self._give(exchange, configuration(_trunk(line, passwords[line.pk]) for line in known))
            told |= _told(exchange, known)
        except Silent as error:
            log.error("Asterisk does not answer (%s)", error)
            telephone.note_lines(told, at=at)
            return VoiceServer.Exchange.DOWN
        except (OSError, ValueError) as error:  # the values were checked; the disk is another's
            log.error("Asterisk was not given its lines (%s)", type(error).__name__)
            return VoiceServer.Exchange.DOWN
        telephone.note_lines(told, at=at)
        return VoiceServer.Exchange.UP

    def _give(self, exchange: Exchange, text: str) -> None:
        if exchange.write_lines(text):
            self._must_read_again = True
        if self._must_read_again:
            exchange.read_again()
            self._must_read_again = False
            log.info("Asterisk was given its lines")


def _trunk(line: OperatorLine, password: str) -> Trunk:
    registers = line.kind == OperatorLine.Kind.REGISTRATION
    return Trunk(
        name=name_of(line.pk),
        server=line.server if registers else "",
        username=line.username if registers else "",
        password=password if registers else "",
        proxy=line.proxy if registers else "",
        contact=line.contact if registers else "",
        networks=tuple(line.networks.split()),
    )


def _told(exchange: Exchange, lines: Iterable[OperatorLine]) -> dict[int, Told]:
    words, calls = exchange.registrations(), exchange.calls()

    def state(line: OperatorLine) -> OperatorLine.State:
        if line.kind == OperatorLine.Kind.ADDRESS:
            return State.READY
        return _STATES.get(words.get(line.pk, ""), State.WAITING)

    return {line.pk: Told(state(line), calls[line.pk]) for line in lines}
