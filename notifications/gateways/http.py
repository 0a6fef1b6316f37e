"""One request to a provider, and what its silence or its status means. It logs nothing: addresses hold numbers."""

from collections.abc import Mapping
from json import JSONDecodeError, loads
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from notifications.gateways.base import Answer, NoAnswer, Outgoing, Result

CONNECT, READ = 5.0, 15.0  # seconds
MOST_BYTES = 200_000
_NOT_TAKEN = frozenset({401, 402, 403, 404, 429, 503})  # our keys, our credit, our address, or theirs to mend


class Refused(Exception):
    """An answer that is no success: `lost` when the provider may have done what was asked."""

    def __init__(self, code: str, *, answer: Answer) -> None:
        super().__init__(code)
        self.code, self.answer = code, answer

    def result(self, one: Outgoing) -> Result:
        """The same, of one SMS."""
        return Result(own_id=one.own_id, answer=self.answer, code=self.code)


def ask(session: requests.Session, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"") -> Any:
    """The JSON of a success; raises `Refused`.

    A connection that never opened took nothing. Once the request has left, only a plain refusal says so: a time-out,
    a server's error or an answer cut short leave the doubt.
    """
    try:
        with session.request(
            method,
            url,
            data=body or None,
            headers=dict(headers),
            timeout=(CONNECT, READ),
            allow_redirects=False,
            stream=True,
        ) as answered:
            content = answered.raw.read(MOST_BYTES, decode_content=True)
            status = answered.status_code
            if not 200 <= status < 300:
                raise Refused(f"http_{status}", answer=_meaning(status))
            return _read(content)
    except requests.ConnectTimeout:
        raise Refused("unreachable", answer=Answer.LATER) from None
    except requests.ConnectionError as error:
        never_opened = error.args and isinstance(getattr(error.args[0], "reason", None), NewConnectionError)
        raise Refused("unreachable", answer=Answer.LATER if never_opened else Answer.LOST) from None
    except (requests.RequestException, OSError):
        raise Refused("no_answer", answer=Answer.LOST) from None


def question(session: requests.Session, method: str, url: str, *, headers: Mapping[str, str]) -> Any:
    """The JSON of an answer to a question that changes nothing; raises `NoAnswer`."""
    try:
        return ask(session, method, url, headers=headers)
    except Refused as refused:
        raise NoAnswer(refused.code) from None


def _meaning(status: int) -> Answer:
    if status in _NOT_TAKEN:
        return Answer.LATER
    return Answer.REFUSED if 400 <= status < 500 else Answer.LOST


def _read(content: bytes) -> Any:
    """The JSON of an answer; None of one that says nothing (a removal)."""
    try:
        return loads(content) if content else None
    except (JSONDecodeError, UnicodeDecodeError):
        raise Refused("unreadable", answer=Answer.LOST) from None
