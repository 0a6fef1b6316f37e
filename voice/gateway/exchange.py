"""Asterisk's console, asked over its own socket: what its lines do, and to read its lines again without cutting a call.

The socket is a file that only Asterisk's user, and root, may open. No program of Asterisk is needed on this side.
"""

import os
import re
import socket
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from voice.gateway.lines import FILE, PREFIX

SECONDS = 5.0
MOST_BYTES = 4_000_000
# In this order: the endpoints, then what points to them.
_AGAIN = ("res_pjsip.so", "res_pjsip_endpoint_identifier_ip.so", "res_pjsip_outbound_registration.so")
_REGISTRATION = re.compile(rf"^\s*{PREFIX}(\d+)-reg/\S+\s.*?\s(Registered|Unregistered|Rejected|Stopped)\b", re.M)
_CHANNEL = re.compile(rf"^PJSIP/{PREFIX}(\d+)-[0-9a-f]+!", re.M)
_ANY_CHANNEL = re.compile(r"^PJSIP/", re.M)


class Silent(OSError):
    """Asterisk does not answer."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One Asterisk, by the folder that it shares with us: `etc` holds its configuration, `run` its socket."""

    home: Path

    def ask(self, words: str) -> str:
        """What its console answers to one command. Raises `Silent`."""
        try:
            with closing(self._connected()) as console:
                _until(console, b"\n")  # its name and version
                console.sendall(f"cli quit after {words}\0".encode())
                return _until(console, b"").replace("\0", "")
        except OSError as error:
            raise Silent(type(error).__name__) from error

    def registrations(self) -> Mapping[int, str]:
        """How each line that registers stands, in Asterisk's word. Raises `Silent`."""
        return {int(key): word for key, word in _REGISTRATION.findall(self.ask("pjsip show registrations"))}

    def calls(self) -> Counter[int]:
        """How many calls stand by line; 0 is for those of no line, telephones of the same machine. Raises `Silent`."""
        shown = self.ask("core show channels concise")
        found = Counter(int(key) for key in _CHANNEL.findall(shown))
        found[0] = len(_ANY_CHANNEL.findall(shown)) - found.total()
        return found

    def write_lines(self, text: str) -> bool:
        """Put the lines where Asterisk reads them, readable by its user alone; whether they are others than before.

        They count once `read_again` was asked. Raises OSError.
        """
        path = self.home / "etc" / FILE
        if path.exists() and path.read_text() == text:
            return False
        draft = path.with_name(f"{FILE}.new")
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
            file.write(text)
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.chown(draft, owner.st_uid, owner.st_gid)
        draft.rename(path)
        return True

    def read_again(self) -> None:
        """Let it read its lines again, and register them now: the calls that stand go on. Raises `Silent`."""
        for module in _AGAIN:
            self.ask(f"module reload {module}")
        self.ask("pjsip send register *all")  # a password that was changed is tried at once, not at the next expiry

    def _connected(self) -> socket.socket:
        """The console. A socket's path may have 100 characters: we go through its folder's number."""
        folder = os.open(self.home / "run", os.O_RDONLY | os.O_DIRECTORY)
        try:
            console = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            console.settimeout(SECONDS)
            try:
                console.connect(f"/proc/self/fd/{folder}/asterisk.ctl")
            except OSError:
                console.close()
                raise
            return console
        finally:
            os.close(folder)


def _until(console: socket.socket, end: bytes) -> str:
    """What comes up to `end`, or all of it."""
    found = b""
    while len(found) < MOST_BYTES and not (end and found.endswith(end)):
        more = console.recv(1 if end else 65536)
        if not more:
            break
        found += more
    return found.decode(errors="replace")
