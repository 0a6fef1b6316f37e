"""A provider of telephone numbers: it carries out what our door answers, and follows a caller's script."""

import html
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4
from xml.etree import ElementTree as xml

from django.http import HttpResponse
from django.test import Client

from tenants import keys
from tenants.models import Commune
from tests.voice.asterisk import HANG_UP, LINE, SILENCE
from voice.dialogue.facts import said_from_json
from voice.gateway.signatures import signature
from voice.phrases import sentence
from voice.views.webhook import SOUND

SECRET = "le-secret-du-prestataire"


@dataclass
class Provider:
    """One call of a parent through the webhook. Keys that a question leaves are typed into the next one.

    A provider gathers nothing while something is said before its question.
    """

    commune: Commune
    script: Iterable[str]
    number: str = "+33612345678"
    sid: str = field(default_factory=lambda: f"CA{uuid4().hex}")
    line: str = LINE.lstrip("+")
    told_key: bool = True  # whether the provider says which key ended
    heard: list[str] = field(default_factory=list)
    over: bool = False

    @property
    def words(self) -> str:
        return " ".join(self.heard)

    @property
    def first(self) -> str:
        """The address that the town gave its provider."""
        return f"http://{self.commune.slug}.localhost/voix/twilio/{self.line}/"

    def call(self) -> "Provider":
        script, typed = iter(self.script), ""
        response = self.post(self.first)
        while (gather := self.plays(response)) is not None:
            if said_first(response):
                typed = ""
            if not typed:
                word = next(script, HANG_UP)
                if word == HANG_UP:
                    self.post(self.first, CallStatus="completed")
                    return self
                typed = "" if word == SILENCE else word
            digits, ended, typed = gathered(typed, int(gather.attrib["numDigits"]))
            finished = {"FinishedOnKey": "#" * ended} if self.told_key else {}
            response = self.post(gather.attrib["action"], Digits=digits, **finished)
        self.over = True
        return self

    def plays(self, response: HttpResponse) -> xml.Element | None:
        """Hear what is said; the question that waits for keys, None once the call has ended."""
        assert response.status_code == 200, response
        document = xml.fromstring(response.content)
        self.heard += [text for one in document.iter("Play") for text in texts_of(one.text or "")]
        self.heard += [html.unescape(one.text or "") for one in document.iter("Say")]
        gather = document.find("Gather")
        assert gather is not None or document.find("Hangup") is not None or document.find("Reject") is not None
        return gather

    def post(self, url: str, *, signed: str | None = None, **fields: str) -> HttpResponse:
        sent = {"CallSid": self.sid, "From": self.number, "To": f"+{self.line}", "CallStatus": "in-progress", **fields}
        listed = {name: [value] for name, value in sent.items()}
        header = signature(secret=SECRET, url=url, fields=listed) if signed is None else signed
        parts = urlsplit(url)
        client = Client(HTTP_HOST=parts.netloc, enforce_csrf_checks=True)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return client.post(path, sent, headers={"X-Twilio-Signature": header})


def said_first(response: HttpResponse) -> bool:
    """Whether something is said before the question, outside of what is cut by keys."""
    return xml.fromstring(response.content)[0].tag in ("Play", "Say")


def gathered(typed: str, most: int) -> tuple[str, bool, str]:
    """What one Gather takes of the keys typed, whether `#` ended it, and what is left."""
    for rank, key in enumerate(typed):
        if key == "#":
            return typed[:rank], True, typed[rank + 1 :]
        if rank + 1 == most:
            return typed[:most], False, typed[most:]
    return typed, False, ""


def texts_of(url: str) -> list[str]:
    """The sentences behind the address of a sound."""
    token = urlsplit(url).path.rpartition("/")[2].removesuffix(".wav")
    return [sentence(one) for one in said_from_json(keys.decrypt(token, purpose=SOUND))]
