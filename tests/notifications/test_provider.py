"""Sending through a provider's HTTP interface, played by a server on the loopback."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

from deploy.processes import free_port
from notifications.delivery import drain
from notifications.models import OutboxMessage, State
from tenants.models import Commune

Write = Callable[..., OutboxMessage]


@dataclass
class Provider:
    """What it was asked, and how it answers."""

    status: int = 201
    asked: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    played = Provider()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            played.asked.append(asked)
            body = {"messageId": "<1@provider>"} if played.status == 201 else {"message": asked["to"][0]["email"]}
            written = json.dumps(body).encode()
            self.send_response(played.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    send_to(settings, server.server_port)
    yield played
    server.shutdown()
    server.server_close()


def send_to(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.brevo.EmailBackend"
    settings.ANYMAIL = {
        "BREVO_API_KEY": "cle-secrete",
        "BREVO_API_URL": f"http://127.0.0.1:{port}/",
        "REQUESTS_TIMEOUT": 5,
    }


def test_a_mail_leaves_with_both_bodies_and_our_headers(in_demo: Commune, write: Write, provider: Provider) -> None:
    message = write()

    assert drain().sent == 1

    (asked,) = provider.asked
    assert [to["email"] for to in asked["to"]] == ["angeline@example.org"]
    assert "Bonjour Angéline" in asked["textContent"] and "Bonjour Angéline" in asked["htmlContent"]
    assert asked["headers"]["Auto-Submitted"] == "auto-generated"
    assert asked["headers"]["Message-ID"] == message.message_id


@pytest.mark.parametrize(
    ("status", "code", "outage"),
    [
        (400, "message_refused 400", False),
        (401, "server_refused 401", True),
        (429, "server_refused 429", True),
        (503, "server_refused 503", True),
    ],
)
def test_a_refusal_is_tried_again_and_its_words_are_not_logged(
    in_demo: Commune,
    write: Write,
    provider: Provider,
    caplog: pytest.LogCaptureFixture,
    status: int,
    code: str,
    outage: bool,
) -> None:
    caplog.set_level(logging.INFO)
    provider.status = status
    message = write()

    done = drain()

    message.refresh_from_db()
    assert (message.state, message.last_error, done.outage) == (State.WAITING, code, outage)
    assert code in caplog.text
    assert "example.org" not in caplog.text and "cle-secrete" not in caplog.text


def test_a_provider_out_of_reach_stops_the_drain(in_demo: Commune, write: Write, settings: Settings) -> None:
    send_to(settings, free_port())
    first, second = write(), write()

    done = drain()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (done.outage, done.failed) == (True, 1)
    assert (first.last_error, first.attempts, second.attempts) == ("unreachable", 1, 0)
