"""The HTTP of both providers over one list of SMS, and the faults that a test turns on."""

import hashlib
import json
import threading
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from simulators.threads import running

APPLICATION, SECRET, CONSUMER, SERVICE = "app-key", "app-secret", "consumer-key", "sms-ab12345-1"
API_KEY = "xkeysib-simulated"
REFUSED_NUMBER = "+33600000000"


@dataclass
class Taken:
    """One SMS that a provider took."""

    ref: int
    number: str
    text: str
    own_id: str
    wanted: dict[str, Any]
    report: int = 8  # submitted


@dataclass
class Books:
    """What was taken, and the fault of the day.

    `fault`: "500", "503", "401", "429", "garbled", "lost" (taken, then the line is cut), "cut" (cut before it is
    taken), "slow" (taken, answered after `seconds`).
    """

    taken: list[Taken] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    stopped_at: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    seconds: float = 0.0
    pause: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, *, number: str, text: str, own_id: str, wanted: dict[str, Any]) -> Taken:
        """Write an SMS down; the same mark twice is written twice, and seen."""
        with self.lock:
            one = Taken(10_000 + len(self.taken), number, text, own_id, wanted)
            self.taken.append(one)
        return one

    def marked(self, own_id: str) -> list[Taken]:
        """Those under one mark."""
        with self.lock:
            return [one for one in self.taken if one.own_id == own_id]


class Server(ThreadingHTTPServer):
    """Both providers on one loopback port."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.books = Books()

    @property
    def url(self) -> str:
        """Where they answer."""
        return f"http://127.0.0.1:{self.server_address[1]}"


def serving(port: int = 0) -> AbstractContextManager[Server]:
    """The simulator for the time of a test."""
    return running(Server(port))


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer("GET", b"")

    def do_DELETE(self) -> None:
        self._answer("DELETE", b"")

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 100_000)))

    def _answer(self, method: str, body: bytes) -> None:
        books = self.server.books
        time.sleep(books.pause)
        if books.fault == "cut":
            self._cut()
        elif books.fault == "garbled":
            self._send(200, b"<html>maintenance</html>")
        elif books.fault.isdigit():
            self._json(int(books.fault), {"message": "simulated"})
        else:
            self._route(method, body)

    def _route(self, method: str, body: bytes) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/1.0/sms/"):
            self._ovh(method, parts.path, parse_qs(parts.query), body)
        elif self.headers.get("api-key") != API_KEY:
            self._json(401, {"code": "unauthorized"})
        elif (method, parts.path) == ("POST", "/v3/transactionalSMS/send"):
            self._brevo_send(json.loads(body))
        elif parts.path == "/v3/transactionalSMS/statistics/events":
            ours = self._marked(parse_qs(parts.query).get("tags", [""])[0])
            self._json(200, {"events": [_event(one) for one in ours]})
        elif parts.path == "/v3/account":
            self._json(200, {"plan": [{"type": "free", "credits": 300}, {"type": "sms", "credits": 412.5}]})
        else:
            self._json(404, {})

    def _ovh(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> None:
        if not self._is_signed(method, body):
            self._json(403, {"message": "Invalid signature"})
            return
        match (method, path.removeprefix("/1.0/sms/").split("/")):
            case ("POST", [service, "jobs"]) if service == SERVICE:
                self._ovh_send(json.loads(body))
            case ("GET", [service, "outgoing"]) if service == SERVICE:
                self._json(200, [one.ref for one in self._marked(query.get("tag", [""])[0])])
            case ("GET", [service, "outgoing", ref]) if service == SERVICE:
                one = next(one for one in self.server.books.taken if one.ref == int(ref))
                self._json(200, {"id": one.ref, "tag": one.own_id, "deliveryReceipt": one.report, "ptt": 1})
            case ("GET", [service, "blacklists"]) if service == SERVICE:
                self._json(200, self.server.books.stopped)
            case (_, [service, "blacklists", number]) if service == SERVICE:
                self._ovh_stop(method, unquote(number))
            case ("GET", [service]) if service == SERVICE:
                self._json(200, {"name": SERVICE, "creditsLeft": 1234.5})
            case _:
                self._json(404, {"message": "This service does not exist"})

    def _ovh_stop(self, method: str, number: str) -> None:
        books = self.server.books
        if number not in books.stopped:
            self._json(404, {"message": "The requested object does not exist"})
        elif method == "DELETE":
            books.stopped.remove(number)
            self._json(200, None)
        else:
            self._json(
                200, {"number": number, "dateCreation": books.stopped_at.get(number, "2014-10-08T15:20:00+02:00")}
            )

    def _ovh_send(self, wanted: dict[str, Any]) -> None:
        (number,) = wanted["receivers"]
        if number == REFUSED_NUMBER:
            self._json(200, {"ids": [], "invalidReceivers": [number], "validReceivers": [], "totalCreditsRemoved": 0})
            return
        books = self.server.books
        one = books.take(number=number, text=wanted["message"], own_id=wanted["tag"], wanted=wanted)
        told = {"ids": [one.ref], "invalidReceivers": [], "validReceivers": [number], "totalCreditsRemoved": 1}
        self._taken(200, told)

    def _brevo_send(self, wanted: dict[str, Any]) -> None:
        number = f"+{wanted['recipient']}"
        if number == REFUSED_NUMBER:
            self._json(400, {"code": "invalid_parameter", "message": f"{number} is not valid"})
            return
        books = self.server.books
        one = books.take(number=number, text=wanted["content"], own_id=wanted["tag"], wanted=wanted)
        self._taken(201, {"reference": "r", "messageId": one.ref, "smsCount": 1, "usedCredits": 1})

    def _taken(self, status: int, told: dict[str, Any]) -> None:
        """It is in the books; whether the portal hears of it is the day's luck."""
        books = self.server.books
        if books.fault == "slow":
            time.sleep(books.seconds)
        if books.fault == "lost":
            self._cut()
        else:
            self._json(status, told)

    def _marked(self, own_id: str) -> list[Taken]:
        return self.server.books.marked(own_id)

    def _is_signed(self, method: str, body: bytes) -> bool:
        stamp = self.headers.get("X-Ovh-Timestamp", "")
        if self.headers.get("X-Ovh-Application") != APPLICATION or self.headers.get("X-Ovh-Consumer") != CONSUMER:
            return False
        if not stamp.isdigit() or abs(int(stamp) - time.time()) > 300:
            return False
        url = f"{self.server.url}{self.path}"
        signed = "+".join((SECRET, CONSUMER, method, url, body.decode(), stamp)).encode()
        return self.headers.get("X-Ovh-Signature") == "$1$" + hashlib.sha1(signed).hexdigest()

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _json(self, status: int, told: object) -> None:
        self._send(status, json.dumps(told).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        try:
            self.end_headers()
            self.wfile.write(content)
        except OSError:  # a client that waited long enough
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: bodies and addresses hold numbers."""


def _event(one: Taken) -> dict[str, Any]:
    word = {1: "delivered", 2: "hardBounces"}.get(one.report, "sent")
    return {"phoneNumber": one.number, "messageId": one.ref, "event": word, "tag": one.own_id}
