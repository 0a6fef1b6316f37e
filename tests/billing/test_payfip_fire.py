"""The client under fire: whatever comes back, or does not, is one error of ours that says to ask again."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.payfip import BadRequest, Client, PaymentRequest, Unavailable, address, wire
from billing.payfip import client as client_module
from billing.payfip.facts import cents, checked

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
CUT = {
    "closed at once": [],
    "garbage": [b"bonjour\r\n\r\n"],
    "no body": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "sent elsewhere": [b"HTTP/1.1 302 Found\r\nLocation: http://portail.example/\r\nContent-Length: 0\r\n\r\n"],
    "cut": [HEAD + b"Content-Length: 500\r\n\r\n<a>"],
    "cut in pieces": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<a"],
    "pieces of no size": [HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n<a"],
    "badly compressed": [HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde"],
    "endless": [HEAD + b"\r\n", *[b"<a>" * 20_000] * 10],
}
SILENT = {"before the head": b"", "before the body": HEAD + b"Content-Length: 9\r\n\r\n", "in it": HEAD + b"\r\n<a>"}
FIELDS = some.sampled_from(["resultrans", "montant", "dattrans", "heurtrans", "refdet", "numcli", "idOp", "numauto"])
REQUEST = PaymentRequest(
    numcli="006382", exercise="2026", refdet="2026001000056", amount=Decimal("50.70"), email="a@example.org", mode="T"
)


@contextmanager
def answering(pieces: Sequence[bytes], *, hold: bool = False, pause: float = 0.0) -> Iterator[str]:
    """A server that says these bytes to whoever calls, `pause` seconds apart, then hangs up, or says nothing more."""
    ended = threading.Event()

    def serve() -> None:
        with door, door.accept()[0] as caller:
            caller.recv(65_536)
            for piece in pieces:
                try:
                    caller.sendall(piece)
                except OSError:
                    return  # the client has heard enough
                if ended.wait(pause):
                    return
            if hold:
                ended.wait(30)

    door = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("name", CUT)
def test_an_answer_that_breaks_is_asked_again(name: str) -> None:
    with answering(CUT[name]) as url, pytest.raises(Unavailable):
        Client(url).detail("x")


@pytest.mark.parametrize("name", SILENT)
def test_a_service_that_falls_silent_is_given_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "READ", 0.2)

    with answering([SILENT[name]], hold=True) as url, pytest.raises(Unavailable):
        Client(url).detail("x")


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "LONGEST", 0.2)

    with (
        answering([HEAD + b"Content-Length: 1000\r\n\r\n", *[b" "] * 1000], pause=0.02) as url,
        pytest.raises(Unavailable, match="slow"),
    ):
        Client(url).detail("x")


@pytest.mark.parametrize("encoding", [b"foo", b"utf-7", b"shift_jis", b"utf-16"])
def test_an_encoding_that_cannot_be_read_is_asked_again(encoding: bytes) -> None:
    content = b'<?xml version="1.0" encoding="%s"?><a/>' % encoding

    with pytest.raises(Unavailable):
        wire.answer(content, operation="creerPaiementSecurise")


@given(some.binary(max_size=300))
def test_no_bytes_are_an_answer(content: bytes) -> None:
    with pytest.raises(Unavailable):
        wire.answer(content, operation="creerPaiementSecurise")


@given(some.dictionaries(FIELDS, some.one_of(some.text(max_size=40), some.from_regex(r"[0-9PVRZA]{1,8}"))))
def test_a_forged_return_is_read_or_is_nothing(posted: dict[str, str]) -> None:
    found = address.read_return(posted)

    assert found is None or found.result == posted["resultrans"]


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+400000"])
def test_what_is_no_sum_is_never_sent(amount: str) -> None:
    with pytest.raises(BadRequest, match="amount"):
        cents(Decimal(amount))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("numcli", "٠٠٦٣٨٢"),
        ("exercise", "٢٠٢٦"),
        ("refdet", "été2026"),
        ("email", "a\0b@example.org"),
        ("email", "a\ud800@example.org"),
        ("email", "hélène@example.org"),
    ],
)
def test_what_the_wire_cannot_carry_is_never_sent(field: str, value: str) -> None:
    wrong = PaymentRequest(**{**{name: getattr(REQUEST, name) for name in REQUEST.__slots__}, field: value})

    with pytest.raises(BadRequest, match=field):
        checked(wrong, modes="TXW")
