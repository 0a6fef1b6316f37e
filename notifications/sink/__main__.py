"""Run the mail server and its page until asked to stop: `python -m notifications.sink --help`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from notifications.sink import page
from notifications.sink.mailbox import Mailbox
from notifications.sink.phone import Phone

LOOPBACK = "127.0.0.1"
LARGEST_BYTES = 10_000_000


class Postman:
    """Puts what comes over SMTP in the mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Accept a message once it is on the disk."""
        content = envelope.original_content or b""
        try:
            self._mailbox.keep(sender=envelope.mail_from or "", recipients=envelope.rcpt_tos, content=content)
        except OSError as error:
            print(f"courriel refusé : {error.strerror}", file=sys.stderr, flush=True)
            return "452 Insufficient system storage"
        print("courriel reçu : il se lit sur la page des courriels", flush=True)  # whose it is, no log says
        return "250 OK"


def main(arguments: Sequence[str]) -> int:
    """Serve both ports of the loopback; 0 once asked to stop."""
    options = _options(arguments)
    try:
        asyncio.run(_serve(options))
    except OSError as error:
        print(f"Le port n'a pas pu être ouvert : {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m notifications.sink", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where the messages are kept")
    parser.add_argument("--sms", type=Path, required=True, help="where the console gateway keeps its SMS")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--page-port", type=int, required=True)
    return parser.parse_args(arguments)


async def _serve(options: argparse.Namespace) -> None:
    mailbox, phone = Mailbox(options.directory), Phone(options.sms)
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    with page.server(mailbox=mailbox, phone=phone, address=LOOPBACK, port=options.page_port) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        try:
            async with await loop.create_server(lambda: _session(mailbox), LOOPBACK, options.smtp_port):
                await asked.wait()
        finally:
            pages.shutdown()


def _session(mailbox: Mailbox) -> SMTP:
    """Speak with one client."""
    return SMTP(Postman(mailbox), data_size_limit=LARGEST_BYTES, enable_SMTPUTF8=True, hostname="localhost")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
