"""The gateway of a developer's machine: each SMS is a file that the page of `make run` shows. Never in production."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from lps.kernel import clock
from notifications.gateways.base import Answer, Fate, NotOurs, Outgoing, Receipt, Result, Stop

DELIVERED = {"delivered": Fate.DELIVERED, "failed": Fate.FAILED}


@dataclass(frozen=True, slots=True)
class Console:
    """Writes one file per SMS, named by our id: a second one under the same id would be seen."""

    directory: Path
    together: int = 20

    def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        """Keep each SMS, whole or not at all."""
        return [self._keep(one) for one in batch]

    def status(self, own_id: str, *, number: str) -> Receipt:
        """It was delivered if its file is there."""
        there = self._path(own_id).exists()
        return Receipt(fate=Fate.DELIVERED if there else Fate.NEVER_SEEN, own_id=own_id, ref=own_id)

    def credit(self) -> Decimal | None:
        """A console does not run dry."""
        return None

    def price(self) -> Decimal | None:
        """A console costs nothing, and the town's own price is shown instead."""
        return None

    def stopped(self) -> list[Stop]:
        """Nobody answers a console."""
        return []

    def stopped_at(self, stop: Stop) -> datetime | None:
        """Nobody answers a console."""
        return None

    def lift_stop(self, stop: Stop) -> None:
        """Nobody answers a console."""

    def called_back(self, content: bytes, query: Mapping[str, str]) -> list[Receipt | Stop]:
        """What the page of `make run` posts: `{"stop": "+336…"}`, or a status by our id."""
        try:
            told = json.loads(content)
        except ValueError:
            raise NotOurs("not JSON") from None
        match told:
            case {"stop": str(number)}:
                return [Stop(number)]
            case {"own_id": str(own_id), "status": str(status)} if status in DELIVERED:
                return [Receipt(fate=DELIVERED[status], own_id=own_id)]
        raise NotOurs("unknown words")

    def _keep(self, one: Outgoing) -> Result:
        told = {
            "to": one.number,
            "from": one.sender,
            "text": one.text,
            "class": one.message_class,
            "own_id": one.own_id,
        }
        path = self._path(one.own_id)
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_suffix(".new")
            draft.write_text(json.dumps({**told, "at": clock.now().isoformat()}, ensure_ascii=False))
            draft.rename(path)
        except OSError:
            return Result(own_id=one.own_id, answer=Answer.LATER, code="disk")
        return Result(own_id=one.own_id, answer=Answer.ACCEPTED, ref=one.own_id)

    def _path(self, own_id: str) -> Path:
        return self.directory / f"{own_id}.json"
