"""Files that Asterisk plays one after the other, and one that is no longer there."""

import asyncio
import socket

import pytest

from voice.gateway.agi import Channel, Gone

GONE, PLAYED = "200 result=-1 endpos=0", "200 result=0 endpos=8000"
HUNG_UP = "200 result=-1 endpos=4000"


def played(*answers: str) -> tuple[str, list[str]]:
    """The key that cut two files, and what was asked, when Asterisk answers so."""

    async def play(asterisk: socket.socket, ours: socket.socket) -> str:
        reader, writer = await asyncio.open_connection(sock=ours)
        asterisk.sendall("".join(f"{line}\n" for line in answers).encode())
        try:
            return await Channel(reader, writer).play(["/first", "/second"])
        finally:
            writer.close()
            await writer.wait_closed()
            asked.extend(asterisk.recv(1000).decode().splitlines())

    asked: list[str] = []
    asterisk, ours = socket.socketpair()
    with asterisk, ours:
        return asyncio.run(play(asterisk, ours)), [line.split()[2] for line in asked]


def test_a_file_that_is_gone_is_passed_over_and_the_call_goes_on() -> None:
    assert played(GONE, PLAYED) == ("", ["/first", "/second"])
    assert played(GONE, "200 result=49 endpos=160") == ("1", ["/first", "/second"])


def test_a_call_of_which_nothing_can_be_played_ends() -> None:
    with pytest.raises(Gone):
        played(GONE, GONE)


@pytest.mark.parametrize(
    "answers", [(HUNG_UP,), (GONE, "511 Command Not Permitted on a dead channel"), (GONE, "HANGUP")]
)
def test_a_caller_who_hangs_up_while_a_file_plays_has_gone(answers: tuple[str, ...]) -> None:
    with pytest.raises(Gone):
        played(*answers)
