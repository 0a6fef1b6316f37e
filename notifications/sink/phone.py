"""The SMS that the console gateway left in its folder, as somebody's telephone would show them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

KEPT = 300


@dataclass(frozen=True, slots=True)
class Sms:
    """One SMS as it was handed over."""

    at: datetime
    to: str
    sender: str
    text: str
    kind: str
    own_id: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A folder of SMS; another process writes there, each file whole or not at all."""

    directory: Path

    def received(self, *, to: str = "") -> list[Sms]:
        """The last SMS, the newest first; those of one number when `to` names it."""
        found = sorted(self._read(), key=lambda sms: (sms.at, sms.own_id), reverse=True)
        return [sms for sms in found if not to or sms.to == to][:KEPT]

    def _read(self) -> Iterator[Sms]:
        for path in self.directory.glob("*.json"):
            told = json.loads(path.read_text())
            yield Sms(
                at=datetime.fromisoformat(told["at"]),
                to=told["to"],
                sender=told["from"],
                text=told["text"],
                kind=told["class"],
                own_id=told["own_id"],
            )
