"""Real parts for what is sent: a mail server on the loopback, and communes whose transactions commit."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from pytest_django import DjangoDbBlocker, Settings

from deploy.processes import free_port
from lps.console.services import Identity, create_commune, drop_commune
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from notifications.models import OutboxMessage
from notifications.services import post
from tenants.models import Commune

BY = Actor.system("test")
FACTS = {
    "prenom": "Angéline",
    "jour": date(2014, 10, 8),
    "heure": datetime(2014, 10, 8, 15, 20, tzinfo=UTC),
    "montant": Decimal("12.50"),
}


@dataclass
class Postbox:
    """A mail server: keeps what it accepts, and answers to a recipient or a message as it is told."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    recipients: dict[str, str] = field(default_factory=dict)
    data_answer: str = ""
    connections: int = 0
    held: threading.Event = field(default_factory=threading.Event)
    holding: bool = False
    pause: float = 0.0

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, lines: list[str]) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return lines

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.recipients:
            return self.recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        while self.holding:
            self.held.set()
            await asyncio.sleep(0.02)
        await asyncio.sleep(self.pause)
        if self.data_answer:
            return self.data_answer
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    @property
    def message_ids(self) -> list[str]:
        """The Message-ID of every mail accepted, in their order."""
        return [str(mail["Message-ID"]) for mail in self.mails]


@contextmanager
def open_postbox() -> Iterator[Postbox]:
    """A mail server for the time of a block."""
    box = Postbox(free_port())
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    try:
        yield box
    finally:
        server.stop()


@pytest.fixture
def postbox(settings: Settings) -> Iterator[Postbox]:
    """The mail server to which this process sends."""
    with open_postbox() as box:
        send_to_port(settings, box.port)
        yield box


@pytest.fixture
def nobody_listens(settings: Settings) -> None:
    """A mail server that refuses connections."""
    send_to_port(settings, free_port())


def send_to_port(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5


@pytest.fixture(autouse=True)
def templates(settings: Settings) -> None:
    """Templates of messages made for these tests: `courrier/emails/…`."""
    folder = Path(__file__).parent / "templates"
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [folder]}]


@pytest.fixture
def write() -> Callable[..., OutboxMessage]:
    """Post the message of these tests, in the commune entered."""

    def write_one(to: str = "angeline@example.org", **rest: Any) -> OutboxMessage:
        wanted = {"template": "courrier/emails/bonjour", "facts": FACTS, "by": BY, **rest}
        return post(to=to, **wanted)

    return write_one


@pytest.fixture
def own_commune(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Commune]:
    """A commune for this test alone, in which transactions really commit; dropped afterwards."""
    identity = Identity(slug="courrier", header_name="Ville de Courrier", place_name="Courrier")
    with django_db_blocker.unblock():
        commune = create_commune(identity=identity, by=BY, channel=Channel.AUTOMATIC)
        try:
            yield commune
        finally:
            drop_commune(slug=commune.slug)
            connection.close()


@pytest.fixture
def moved_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stop the product's clock at an instant; true time runs on."""

    def stop(instant: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: instant)

    return stop
