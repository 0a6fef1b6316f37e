"""Brevo's transactional SMS: a call per message, marked with our id."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import requests

from notifications.gateways.base import Answer, Fate, NoAnswer, NotOurs, Outgoing, Receipt, Result, Stop
from notifications.gateways.http import Refused, ask, question
from notifications.rules.hours import MessageClass

_FATES = {
    "sent": Fate.SENT,
    "accepted": Fate.SENT,
    "delivered": Fate.DELIVERED,
    "bounces": Fate.FAILED,
    "softbounce": Fate.FAILED,
    "softbounces": Fate.FAILED,
    "hardbounce": Fate.FAILED,
    "hardbounces": Fate.FAILED,
    "rejected": Fate.FAILED,
    "blocked": Fate.FAILED,
    "skip": Fate.FAILED,
}
_STOPS = frozenset({"unsubscribe", "unsubscription", "blacklisted"})
_FINAL = (Fate.DELIVERED, Fate.FAILED, Fate.SENT)  # the best known first


@dataclass(slots=True)
class Brevo:
    """An account under its key. `base_url` ends without a slash; `callback` is where it tells what became of each."""

    api_key: str
    base_url: str
    callback: str = ""
    session: requests.Session = field(default_factory=requests.Session)
    together: int = 1

    def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        """One call a message."""
        return [self._send(one) for one in batch]

    def status(self, own_id: str, *, number: str) -> Receipt:
        """Look for our mark among its events."""
        told = self._get(f"/v3/transactionalSMS/statistics/events?{urlencode({'tags': own_id, 'limit': 50})}")
        events = told.get("events", []) if isinstance(told, dict) else None
        if not isinstance(events, list):
            raise NoAnswer("unreadable")
        ours = [one for one in events if isinstance(one, dict) and one.get("tag") == own_id]
        known = {_FATES[word]: one for one in ours if (word := _word(one.get("event"))) in _FATES}
        for fate in _FINAL:
            if fate in known:
                ref = str(known[fate].get("messageId", ""))
                return Receipt(fate=fate, own_id=own_id, ref=ref, reason=_reason(known[fate], fate))
        return Receipt(fate=Fate.NEVER_SEEN, own_id=own_id)

    def credit(self) -> Decimal | None:
        """The SMS credits of the account's plans."""
        told = self._get("/v3/account")
        plans = told.get("plan", []) if isinstance(told, dict) else []
        try:
            left = [Decimal(str(plan["credits"])) for plan in plans if plan.get("type") == "sms"]
        except (ArithmeticError, AttributeError, KeyError, TypeError):
            raise NoAnswer("unreadable") from None
        return left[0] if left else None

    def price(self) -> Decimal | None:
        """It depends on the pack that was bought: only the town knows."""
        return None

    def stopped(self) -> list[Stop]:
        """Brevo says it by itself."""
        return []

    def stopped_at(self, stop: Stop) -> datetime | None:
        """Nothing is asked: Brevo says it by itself."""
        return None

    def lift_stop(self, stop: Stop) -> None:
        """Nothing is asked: Brevo says it by itself."""

    def called_back(self, content: bytes, query: Mapping[str, str]) -> list[Receipt | Stop]:
        """One event as JSON: a status of ours, or an answer STOP."""
        try:
            told = json.loads(content)
        except ValueError:
            raise NotOurs("not JSON") from None
        if not isinstance(told, dict):
            raise NotOurs("not an event")
        word = _word(told.get("msg_status"))
        if word in _STOPS or (word == "replied" and _word(told.get("reply")).startswith("stop")):
            return [Stop(f"+{str(told.get('to', '')).lstrip('+')[:20]}")]
        if word not in _FATES:
            return []
        tag, fate = told.get("tag"), _FATES[word]
        own_id = tag[0] if isinstance(tag, list) and tag else tag
        ref = str(told.get("messageId", ""))[:80]
        return [Receipt(fate=fate, own_id=str(own_id or "")[:40], ref=ref, reason=_reason(told, fate))]

    def _send(self, one: Outgoing) -> Result:
        wanted = {
            "sender": one.sender,
            "recipient": one.number.lstrip("+"),
            "content": one.text,
            "type": "marketing" if one.message_class is MessageClass.NEWS else "transactional",
            "tag": one.own_id,
            "unicodeEnabled": not one.gsm,
            **({"webUrl": self.callback} if self.callback else {}),
        }
        headers = {**self._headers, "Content-Type": "application/json"}
        url = f"{self.base_url}/v3/transactionalSMS/send"
        try:
            told = ask(self.session, "POST", url, headers=headers, body=json.dumps(wanted).encode())
        except Refused as refused:
            return refused.result(one)
        if not isinstance(told, dict) or "messageId" not in told:
            return Result(own_id=one.own_id, answer=Answer.LOST, code="unreadable")
        return Result(own_id=one.own_id, answer=Answer.ACCEPTED, ref=str(told["messageId"]))

    def _get(self, path: str) -> Any:
        return question(self.session, "GET", f"{self.base_url}{path}", headers=self._headers)

    @property
    def _headers(self) -> dict[str, str]:
        return {"api-key": self.api_key, "Accept": "application/json"}


def _word(told: object) -> str:
    """A status whatever its spelling: "hard_bounce", "hardBounces"."""
    return str(told or "").lower().replace("_", "").replace("-", "").strip()[:40]


def _reason(told: Mapping[str, Any], fate: Fate) -> str:
    """A code when there is one; a provider's own sentence may hold the number."""
    code = str(told.get("error_code", ""))
    return f"code_{code}" if fate is Fate.FAILED and code.isdigit() and len(code) < 10 else ""
