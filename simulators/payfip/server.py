"""HTTP on loopback: the service, the pages, the notifications, and a control address for tests and developers."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from urllib.parse import parse_qsl, urlencode, urlsplit

from simulators.payfip import pages, soap
from simulators.payfip.state import PARIS, Fault, Operation, Switches, Treasury

SILENCE = 60.0  # seconds of a service that does not answer: longer than any client waits
_ECHOED = ("numcli", "exer", "refdet", "objet", "montant", "mel", "saisie")
_HTML, _XML = "text/html; charset=utf-8", "text/xml; charset=utf-8"


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
        """Tell the portal, as the Treasury's server does; a portal that fails is not told again."""
        url = operation.asked.get("urlnotif", "")
        if not url:
            return
        parts = urlsplit(url)
        # Towns of this machine are named under localhost, which not every resolver knows.
        here = parts._replace(netloc=f"127.0.0.1:{parts.port or 80}").geturl()
        asked = urllib.request.Request(here, data=urlencode({"idop": operation.id_op}).encode())
        asked.add_header("Host", parts.netloc)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                answer.read(1000)
        except OSError as error:
            print(f"notification: {error}", flush=True)


@contextmanager
def serving(port: int = 0) -> Iterator[Server]:
    """A simulator for the time of a test."""
    server = Server(port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = dict(parse_qsl(parts.query))
        match parts.path:
            case "/tpa/paiementws.web":
                self._choice(asked.get("idop", ""))
            case "/tpa/paiement.web":
                self._begin(asked)
            case "/tpa/ticket.txt" | "/tpa/ticket.pdf":
                self._send(200, self._ticket_text(asked.get("idop", "")), "text/plain; charset=utf-8")
            case "/controle" | "/":
                treasury = self.server.treasury
                self._send(200, pages.control(treasury.switches, list(treasury.operations.values())[-20:]))
            case _:
                self._send(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 100_000))
        path = urlsplit(self.path).path
        if path == "/tpa/services/securite":
            self._service(body)
            return
        asked = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        match path:
            case "/tpa/carte":
                self._shown(lambda: self._page(pages.card, asked.get("idop", "")))
            case "/tpa/fin":
                self._shown(lambda: self._finish(asked.get("idop", ""), asked.get("fin", "A")))
            case "/controle":
                self._control(asked)
            case _:
                self._send(404, b"")

    def _service(self, body: bytes) -> None:
        match self.server.treasury.switches.down:
            case "503":
                self._send(503, pages.page("Service indisponible", "<p>Revenez plus tard.</p>"))
            case "html":
                self._send(200, pages.page("Maintenance", "<p>Revenez plus tard.</p>"))
            case "timeout":
                sleep(SILENCE)
            case "technical":
                self._send(500, soap.fault("TechIndisponibiliteErreur", "999", "indisponible"), _XML)
            case _:
                status, answer = soap.answer(self.server.treasury, body)
                self._send(status, answer, _XML)

    def _begin(self, asked: dict[str, str]) -> None:
        try:
            self._choice(self.server.treasury.begin(asked))
        except Fault as fault:
            self._send(400, pages.refused(fault.code))

    def _choice(self, id_op: str) -> None:
        self._shown(lambda: self._page(pages.choice, id_op))

    def _page(self, draw, id_op: str) -> bytes:  # type: ignore[no-untyped-def]
        operation = self.server.treasury.open_page(id_op)
        return draw(operation, self.server.treasury.customers[operation.asked["numcli"]])  # type: ignore[no-any-return]

    def _finish(self, id_op: str, result: str) -> bytes:
        treasury = self.server.treasury
        operation = treasury.finish(id_op, result if result in "PVRZA" else "A")
        for _ in range({"before": 1, "twice": 2}.get(treasury.switches.notify, 0)):
            self.server.notify(operation)
        if "urlcl" in operation.asked:
            return pages.ticket(operation, pages.form_back(operation.asked["urlcl"], _posted(operation)))
        url = operation.asked.get("urlredirect", "")
        joined = f"{url}{'&' if '?' in url else '?'}{urlencode({'idop': operation.id_op})}"
        return pages.ticket(operation, pages.link_back(joined))

    def _ticket_text(self, id_op: str) -> bytes:
        operation = self.server.treasury.operations.get(id_op)
        return f"TICKET DE PAIEMENT {operation.asked['refdet'] if operation else ''}".encode()

    def _control(self, asked: dict[str, str]) -> None:
        treasury = self.server.treasury
        if "wrong_amount" in asked:
            treasury.switches = replace(treasury.switches, wrong_amount=bool(asked["wrong_amount"]))
        now = treasury.switches
        treasury.switches = replace(now, notify=asked.get("notify", now.notify), down=asked.get("down", now.down))
        if asked.get("purge"):
            treasury.purge()
        if asked.get("minutes"):
            treasury.offset = timedelta(minutes=float(asked["minutes"]))
        if asked.get("notifier") in treasury.operations:
            self.server.notify(treasury.operations[asked["notifier"]])
        if asked.get("reset"):
            treasury.switches, treasury.offset = Switches(), timedelta(0)
        if "application/json" in self.headers.get("Accept", ""):
            told = {pk: one.result for pk, one in treasury.operations.items()}
            self._send(200, json.dumps(told).encode(), "application/json")
        else:
            self._send(303, b"", location="/controle")

    def _shown(self, draw) -> None:  # type: ignore[no-untyped-def]
        try:
            self._send(200, draw())
        except Fault as fault:
            self._send(400, pages.refused(fault.code))

    def _send(self, status: int, content: bytes, kind: str = _HTML, *, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: addresses hold references of debts."""


def _posted(operation: Operation) -> dict[str, str]:
    """What the address protocol sends back, its request echoed, unsigned."""
    at = (operation.paid_at or operation.created_at).astimezone(PARIS)
    echoed = {
        name: operation.asked.get(name, "")
        for name in ("numcli", "exer", "refdet", "objet", "montant", "mel", "saisie")
    }
    number = {"numauto": operation.authorization} if operation.authorization else {}
    return {**echoed, "resultrans": operation.result, **number, "dattrans": f"{at:%d%m%Y}", "heurtrans": f"{at:%H%M}"}
