"""HTTP on loopback: the service, the pages, the notifications, and a control address for tests and developers."""

import json
import math
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from urllib.parse import parse_qsl, urlencode, urlsplit

from simulators.payfip import contract, pages, paper, soap
from simulators.payfip.state import DOWN, FAULT_STATUS, NOTIFY, PARIS, Fault, Operation, Switches, Treasury
from simulators.threads import running

SILENCE = 60.0  # seconds of a service that does not answer: longer than any client waits
MOST_BYTES = 100_000
_SWALLOWED = 20_000_000  # bytes read of a body too long, so that its sender hears the answer
_YEARS = 10 * 366 * 24 * 60  # minutes that the clock may be moved by
_ECHOED = ("numcli", "exer", "refdet", "objet", "montant", "mel", "saisie")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "notify": NOTIFY,
    "down": DOWN,
    "fault_status": FAULT_STATUS,
    "wrong_amount": ("", "1"),
    "nightly": ("", "1"),
}
_HTML, _XML = "text/html; charset=utf-8", "text/xml; charset=utf-8"


class Bad(Exception):
    """A request that cannot stand: the status, and the sentence of its page."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class Server(ThreadingHTTPServer):
    """The simulated Treasury at an address of this machine."""

    daemon_threads = True

    def __init__(self, port: int = 0, treasury: Treasury | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.treasury = treasury or Treasury()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def notify(self, operation: Operation) -> None:
        """Tell the portal, as the Treasury's server does; a portal that fails is not told again.

        By the web service, an identifier to ask about; by the address protocol, the result itself, unsigned.
        """
        by_address = operation.asked.get("urlcl", "")
        if url := by_address or operation.asked.get("urlnotif", ""):
            _tell(url, returned(operation) if by_address else {"idop": operation.id_op})


def _tell(url: str, fields: Mapping[str, str]) -> None:
    parts = urlsplit(url)
    # Towns of this machine are named under localhost, which not every resolver knows.
    here = parts._replace(scheme="http", netloc=f"127.0.0.1:{parts.port or 80}").geturl()
    asked = urllib.request.Request(here, data=urlencode(fields).encode())
    asked.add_header("Host", parts.netloc)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            answer.read(1000)
    except (OSError, HTTPException) as error:
        print(f"notification: {error}", flush=True)


def serving(port: int = 0) -> AbstractContextManager[Server]:
    """A simulator for the time of a test."""
    return running(Server(port))


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = 30  # seconds that a caller may keep silent

    def do_GET(self) -> None:
        self._guarded(self._get)

    def do_POST(self) -> None:
        self._guarded(self._post)

    def _guarded(self, answer: Callable[[str, dict[str, str]], None]) -> None:
        """Whatever comes gets a page that says what is wrong with it; who left before the answer hears nothing."""
        try:
            try:
                parts = urlsplit(self.path)
            except ValueError:
                raise Bad("Cette adresse n'en est pas une.") from None
            answer(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))
        except Fault as fault:
            self._send(400, pages.refused(fault.code))
        except Bad as bad:
            self._send(bad.status, pages.wrong(bad.sentence))
        except ConnectionError:
            self.close_connection = True

    def _get(self, path: str, asked: dict[str, str]) -> None:
        match path:
            case "/tpa/paiementws.web":
                self._send(200, self._page(pages.choice, asked.get("idop", "")))
            case "/tpa/paiement.web":
                self._send(200, self._page(pages.choice, self.server.treasury.begin(asked)))
            case "/tpa/ticket":
                self._send(200, self._ticket(pages.printed, asked.get("idop", "")))
            case "/tpa/ticket.pdf":
                self._send(200, self._ticket(paper.ticket, asked.get("idop", "")), "application/pdf")
            case "/tpa/services/securite":
                if "wsdl" not in asked:
                    raise Bad("Ce service se demande par POST ; son contrat est à ?wsdl.", 405)
                self._send(200, contract.wsdl(f"{self.server.url}{path}"), _XML)
            case "/controle" | "/":
                self._send(200, self._controls())
            case _:
                raise Bad("Cette page n'existe pas.", 404)

    def _post(self, path: str, _: dict[str, str]) -> None:
        if path == "/tpa/services/securite":
            self._service()
            return
        asked = dict(parse_qsl(self._body().decode(errors="replace"), keep_blank_values=True))
        match path:
            case "/tpa/carte":
                self._send(200, self._page(pages.card, asked.get("idop", "")))
            case "/tpa/fin":
                self._send(200, self._finish(asked.get("idop", ""), asked.get("fin", "")))
            case "/controle":
                self._control(asked)
            case _:
                raise Bad("Cette page n'existe pas.", 404)

    def _body(self) -> bytes:
        """What was sent. Raises `Bad` for a length that is none, or that nothing here needs."""
        written = self.headers.get("Content-Length") or "0"
        if not (written.isascii() and written.isdigit() and len(written) < 16):
            raise Bad("La longueur annoncée n'est pas un nombre.")
        if int(written) > MOST_BYTES:
            self._swallow(min(int(written), _SWALLOWED))
            raise Bad("Cet envoi est trop long.", 413)
        return self.rfile.read(int(written))

    def _swallow(self, left: int) -> None:
        while left > 0 and (piece := self.rfile.read(min(left, 65_536))):
            left -= len(piece)

    def _service(self) -> None:
        try:
            body = self._body()
        except Bad as bad:
            self._send(bad.status, soap.unreadable(), _XML)
            return
        match self.server.treasury.switches.down:
            case "503":
                self._send(503, pages.page("Service indisponible", "<p>Revenez plus tard.</p>"))
            case "html":
                self._send(200, pages.page("Maintenance", "<p>Revenez plus tard.</p>"))
            case "timeout":
                sleep(SILENCE)
            case "technical":
                status = int(self.server.treasury.switches.fault_status)
                self._send(status, soap.fault("TechIndisponibiliteErreur", "999", "indisponible"), _XML)
            case _:
                status, answer = soap.answer(self.server.treasury, body)
                self._send(status, answer, _XML)

    def _page(self, draw: Callable[[Operation, tuple[str, ...]], bytes], id_op: str) -> bytes:
        operation = self.server.treasury.open_page(id_op)
        return draw(operation, self.server.treasury.customers[operation.asked["numcli"]])

    def _finish(self, id_op: str, result: str) -> bytes:
        if result not in pages.ENDS:
            raise Bad("Ce paiement ne peut pas finir ainsi : revenez en arrière et choisissez un bouton.")
        treasury, notify = self.server.treasury, self.server.treasury.switches.notify
        if notify == "early":
            self.server.notify(treasury.known(id_op))
        operation = treasury.finish(id_op, result)
        for _ in range({"before": 1, "twice": 2}.get(notify, 0)):
            self.server.notify(operation)
        return pages.ticket(operation, _way_back(operation))

    def _ticket(self, draw: Callable[[Operation, tuple[str, ...]], bytes], id_op: str) -> bytes:
        operation = self.server.treasury.paid(id_op)
        return draw(operation, self.server.treasury.customers[operation.asked["numcli"]])

    def _controls(self) -> bytes:
        treasury = self.server.treasury
        return pages.control(treasury.switches, list(treasury.operations.values())[-20:], treasury.now())

    def _control(self, asked: dict[str, str]) -> None:
        treasury = self.server.treasury
        self._switch({name: value for name, value in asked.items() if name in _CHOICES})
        if asked.get("minutes"):
            treasury.offset = treasury.base + _minutes(asked["minutes"])
        if asked.get("purge"):
            treasury.purge()
        if asked.get("notifier"):
            self.server.notify(treasury.known(asked["notifier"]))
        if asked.get("reset"):
            treasury.switches, treasury.offset = Switches(), treasury.base
        if "application/json" in self.headers.get("Accept", ""):
            told = {pk: one.result for pk, one in treasury.operations.items()}
            self._send(200, json.dumps(told).encode(), "application/json")
        else:
            self._send(303, b"", location="/controle")

    def _switch(self, wanted: Mapping[str, str]) -> None:
        """Set the switches named, all or none. Raises `Bad`."""
        if wrong := [name for name, value in wanted.items() if value not in _CHOICES[name]]:
            raise Bad(f"Ce réglage n'existe pas pour « {wrong[0]} ».")
        treasury, now = self.server.treasury, self.server.treasury.switches
        treasury.switches = Switches(
            notify=wanted.get("notify", now.notify),
            down=wanted.get("down", now.down),
            fault_status=wanted.get("fault_status", now.fault_status),
            wrong_amount=bool(wanted.get("wrong_amount", now.wrong_amount)),
            nightly=bool(wanted.get("nightly", now.nightly)),
        )

    def _send(self, status: int, content: bytes, kind: str = _HTML, *, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if kind == "application/pdf":
            self.send_header("Content-Disposition", 'attachment; filename="ticket.pdf"')
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: addresses hold references of debts."""


def _minutes(written: str) -> timedelta:
    """How far the clock is to be moved. Raises `Bad`."""
    try:
        minutes = float(written)
    except ValueError:
        minutes = math.nan
    if not abs(minutes) <= _YEARS:  # nan neither
        raise Bad("Donnez un nombre de minutes, dix ans au plus.")
    return timedelta(minutes=minutes)


def _way_back(operation: Operation) -> str:
    """RETOUR SITE, when the portal gave an address."""
    if "urlcl" in operation.asked:
        return pages.form_back(operation.asked["urlcl"], returned(operation))
    if url := operation.asked.get("urlredirect", ""):
        return pages.link_back(f"{url}{'&' if '?' in url else '?'}{urlencode({'idop': operation.id_op})}")
    return ""


def returned(operation: Operation) -> dict[str, str]:
    """What the address protocol sends back, its request echoed, unsigned."""
    at = (operation.paid_at or operation.created_at).astimezone(PARIS)
    echoed = {name: operation.asked.get(name, "") for name in _ECHOED}
    number = {"numauto": operation.authorization} if operation.authorization else {}
    return {**echoed, "resultrans": operation.result, **number, "dattrans": f"{at:%d%m%Y}", "heurtrans": f"{at:%H%M}"}
