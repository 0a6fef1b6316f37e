"""Keys that Asterisk gathers by itself, as it tells them in answer to one command."""

import asyncio
import socket

import pytest

from voice.gateway.agi import BadPeer, Channel, Gone


def answered(line: str, *, most: int = 5) -> tuple[str, bool]:
    """What a call's channel makes of this answer of Asterisk's."""

    async def ask(asterisk: socket.socket, ours: socket.socket) -> tuple[str, bool]:
        reader, writer = await asyncio.open_connection(sock=ours)
        asterisk.sendall(f"{line}\n".encode())
        try:
            return await Channel(reader, writer).gather(most=most, seconds=3)
        finally:
            writer.close()
            await writer.wait_closed()
            assert asterisk.recv(100) == f'GET DATA "" 3000 {most}\n'.encode()

    asterisk, ours = socket.socketpair()
    with asterisk, ours:
        return asyncio.run(ask(asterisk, ours))


@pytest.mark.parametrize(
    ("line", "keys", "is_silent"),
    [
        ("200 result=12345", "12345", False),
        ("200 result=123", "123#", False),
        ("200 result=", "#", False),
        ("200 result=1*2", "1*2#", False),
        ("200 result=12 (timeout)", "12", True),
        ("200 result= (timeout)", "", True),
        ("200 result=A1 (timeout)", "A1", True),
    ],
)
def test_keys_end_by_their_number_by_the_hash_or_by_silence(line: str, keys: str, is_silent: bool) -> None:
    assert answered(line) == (keys, is_silent)


@pytest.mark.parametrize("line", ["200 result=-1", "HANGUP", "511 Command Not Permitted on a dead channel"])
def test_a_caller_who_has_gone_typed_nothing(line: str) -> None:
    with pytest.raises(Gone):
        answered(line)


@pytest.mark.parametrize("line", ["200 result=twelve", "520 Invalid command syntax", "GET / HTTP/1.1"])
def test_what_is_no_answer_ends_the_call(line: str) -> None:
    with pytest.raises(BadPeer):
        answered(line)
