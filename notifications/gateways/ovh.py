"""OVHcloud's SMS: a job per message, marked with our id, signed as every call of its API."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import requests

from lps.kernel import clock
from notifications.gateways.base import Answer, Fate, NoAnswer, NotOurs, Outgoing, Receipt, Result, Stop
from notifications.gateways.http import Refused, ask, question
from notifications.rules.hours import MessageClass

MOST_STOPS = 10_000
# Delivery reports: 1 delivered, 2 and 16 failed; the others say that it is on its way.
_FATES = {"1": Fate.DELIVERED, "2": Fate.FAILED, "16": Fate.FAILED}


@dataclass(slots=True)
class Ovh:
    """An SMS account under its three keys. `base_url` ends without a slash."""

    application_key: str
    application_secret: str
    consumer_key: str
    service: str
    base_url: str
    session: requests.Session = field(default_factory=requests.Session)
    together: int = 1

    def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        """One job a message."""
        return [self._send(one) for one in batch]

    def status(self, own_id: str, *, number: str) -> Receipt:
        """Look for our mark among what left."""
        found = self._get(f"{self._account}/outgoing?tag={quote(own_id)}")
        if not isinstance(found, list):
            raise NoAnswer("unreadable")
        if not found:
            return Receipt(fate=Fate.NEVER_SEEN, own_id=own_id)
        one = self._get(f"{self._account}/outgoing/{int(found[-1])}")
        report = str(one.get("deliveryReceipt", "")) if isinstance(one, dict) else ""
        fate = _FATES.get(report, Fate.SENT)
        reason = f"ptt_{one.get('ptt')}" if fate is Fate.FAILED else ""
        return Receipt(fate=fate, own_id=own_id, ref=str(found[-1]), reason=reason)

    def credit(self) -> Decimal | None:
        """Credits left: one is one part to a French mobile."""
        told = self._get(self._account)
        try:
            return Decimal(str(told["creditsLeft"]))
        except (ArithmeticError, KeyError, TypeError):
            raise NoAnswer("unreadable") from None

    def price(self) -> Decimal | None:
        """It depends on the pack that was bought: only the town knows."""
        return None

    def stopped(self) -> list[Stop]:
        """Numbers that answered STOP: kept by OVH, asked for by us."""
        told = self._get(f"{self._account}/blacklists")
        if not isinstance(told, list):
            raise NoAnswer("unreadable")
        return [Stop(f"+{number.lstrip('+')}", listed=number) for number in map(str, told[:MOST_STOPS])]

    def stopped_at(self, stop: Stop) -> datetime | None:
        """The date of its line."""
        try:
            told = self._call("GET", self._stop(stop), b"")
        except Refused as refused:
            if refused.code == "http_404":
                return None
            raise NoAnswer(refused.code) from None
        try:
            since = datetime.fromisoformat(told["dateCreation"])
        except (KeyError, TypeError, ValueError):
            raise NoAnswer("unreadable") from None
        if since.tzinfo is None:
            raise NoAnswer("unreadable")
        return since

    def lift_stop(self, stop: Stop) -> None:
        """A number that somebody else took off meanwhile is off too."""
        try:
            self._call("DELETE", self._stop(stop), b"")
        except Refused as refused:
            if refused.code != "http_404":
                raise NoAnswer(refused.code) from None

    def called_back(self, content: bytes, query: Mapping[str, str]) -> list[Receipt | Stop]:
        """A delivery report, in the query: the SMS's number, its state ("description") and OVH's code of the reason."""
        ref, report = query.get("id", ""), query.get("description", "")
        if not (ref.isascii() and ref.isdigit() and len(ref) < 20):
            raise NotOurs("no id")
        fate = _FATES.get(report, Fate.SENT)
        reason = query.get("ptt", "")[:10]
        return [Receipt(fate=fate, ref=ref, reason=f"ptt_{reason}" if fate is Fate.FAILED else "")]

    @property
    def _account(self) -> str:
        return f"{self.base_url}/1.0/sms/{quote(self.service, safe='')}"

    def _stop(self, stop: Stop) -> str:
        return f"{self._account}/blacklists/{quote(stop.listed, safe='')}"

    def _send(self, one: Outgoing) -> Result:
        wanted = {
            "charset": "UTF-8",
            "class": "phoneDisplay",
            "coding": "7bit" if one.gsm else "8bit",
            "message": one.text,
            "noStopClause": one.message_class is not MessageClass.NEWS,
            "priority": "high" if one.message_class is MessageClass.DANGER else "medium",
            "receivers": [one.number],
            "sender": one.sender,
            "senderForResponse": False,
            "tag": one.own_id,
            "validityPeriod": 2880,
        }
        try:
            told = self._call("POST", f"{self._account}/jobs", json.dumps(wanted, ensure_ascii=False).encode())
        except Refused as refused:
            return refused.result(one)
        return _job(one, told)

    def _get(self, url: str) -> Any:
        return question(self.session, "GET", url, headers=self._signed("GET", url, b""))

    def _call(self, method: str, url: str, body: bytes) -> Any:
        headers = {**self._signed(method, url, body), "Content-Type": "application/json; charset=utf-8"}
        return ask(self.session, method, url, headers=headers, body=body)

    def _signed(self, method: str, url: str, body: bytes) -> dict[str, str]:
        """OVH takes a stamp within a few minutes of its own clock: true time, never the moved one."""
        stamp = str(int(clock.real_now().timestamp()))
        signed = b"+".join(
            part if isinstance(part, bytes) else part.encode()
            for part in (self.application_secret, self.consumer_key, method, url, body, stamp)
        )
        return {
            "X-Ovh-Application": self.application_key,
            "X-Ovh-Consumer": self.consumer_key,
            "X-Ovh-Timestamp": stamp,
            "X-Ovh-Signature": "$1$" + hashlib.sha1(signed, usedforsecurity=False).hexdigest(),
        }


def _job(one: Outgoing, told: Any) -> Result:
    """What a job's answer says of its one receiver."""
    if not isinstance(told, dict):
        return Result(own_id=one.own_id, answer=Answer.LOST, code="unreadable")
    if told.get("invalidReceivers") and not told.get("validReceivers"):
        return Result(own_id=one.own_id, answer=Answer.REFUSED, code="number_refused")
    ids = told.get("ids") or []
    if not ids:
        return Result(own_id=one.own_id, answer=Answer.LOST, code="unreadable")
    return Result(own_id=one.own_id, answer=Answer.ACCEPTED, ref=str(ids[0]))
