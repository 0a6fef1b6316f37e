"""Messages kept as `.eml` files, the oldest thrown away first."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import Header
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from lps.kernel import clock

KEPT = 2000  # a thousand messages of one sending are all there to be counted
_KEY = re.compile(r"\d{20}")
_FROM, _TO, _AT = "X-Envelope-From", "X-Envelope-To", "X-Received-At"
_LINK = re.compile(r"https?://[^\s<>\"'«»]+")
_SENTENCE_END = ".,;:!?)]"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message received: its envelope, and what its reader sees."""

    key: str
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]

    @property
    def links(self) -> tuple[str, ...]:
        """The web addresses of the text, in its order."""
        return tuple(link for word, link in pieces(self.text) if link)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A folder of messages; several threads may read it while one writes."""

    directory: Path
    kept: int = KEPT

    def keep(self, *, sender: str, recipients: Sequence[str], content: bytes) -> str:
        """Write one message, whole or not at all, and give its key."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = f"{time.time_ns():020d}"
        envelope = {_FROM: sender, _TO: ", ".join(recipients), _AT: clock.now().isoformat()}
        lines = "".join(f"{name}: {Header(value).encode(maxlinelen=0)}\r\n" for name, value in envelope.items())
        draft = self.directory / f"{key}.new"
        draft.write_bytes(lines.encode("ascii") + content)
        draft.rename(self._path(key))
        for old in self.keys()[self.kept :]:
            self._path(old).unlink(missing_ok=True)
        return key

    def keys(self) -> list[str]:
        """Name the messages, the newest first."""
        found = (path.stem for path in self.directory.glob("*.eml"))
        return sorted((key for key in found if _KEY.fullmatch(key)), reverse=True)

    def mails(self) -> Iterator[Mail]:
        """Read all messages, the newest first."""
        for key in self.keys():
            if mail := self.mail(key):
                yield mail

    def mail(self, key: str) -> Mail | None:
        """Read one message; None when it is not, or no longer, there."""
        source = self.source(key)
        return None if source is None else _parsed(key, source)

    def source(self, key: str) -> bytes | None:
        """Give one message as it came, after the lines of its envelope."""
        if not _KEY.fullmatch(key):
            return None
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None

    def _path(self, key: str) -> Path:
        return self.directory / f"{key}.eml"


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """Cut a text into `(words, "")` and `(address, address)`, in order."""
    start = 0
    for found in _LINK.finditer(text):
        link = found[0].rstrip(_SENTENCE_END)
        yield text[start : found.start()], ""
        yield link, link
        start = found.start() + len(link)
    yield text[start:], ""


def _parsed(key: str, source: bytes) -> Mail:
    message = message_from_bytes(source, _class=EmailMessage, policy=default)
    own = {name.lower() for name in (_FROM, _TO, _AT)}
    return Mail(
        key=key,
        at=_instant(str(message.get(_AT, ""))),
        sender=str(message.get(_FROM, "")),
        recipients=tuple(str(message.get(_TO, "")).split(", ")),
        subject=str(message.get("Subject", "")),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        headers=tuple((name, str(value)) for name, value in message.items() if name.lower() not in own),
    )


def _instant(words: str) -> datetime:
    """Read when the message came; a file put there by hand has no such line."""
    try:
        return datetime.fromisoformat(words)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _part(message: EmailMessage, kind: str) -> str:
    """Give the text of the first part of this kind, readable whatever its declared charset."""
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except LookupError:  # a charset that nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode(errors="replace") if isinstance(payload, bytes) else ""
