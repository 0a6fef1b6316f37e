"""The page on which a developer reads what the portal sent, and the same as JSON for tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from itertools import islice
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from notifications.sink.mailbox import Mail, Mailbox, pieces
from notifications.sink.phone import Phone, Sms

Thing = TypeVar("Thing")
PARIS = ZoneInfo("Europe/Paris")
SHOWN = 300  # of those that are kept
_HTML = "text/html; charset=utf-8"
_OURS = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
# What a mail brings is shown as it is, yet runs nothing and fetches nothing; its links open elsewhere.
_THEIRS = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back to the browser."""

    body: str | bytes
    kind: str = _HTML
    status: HTTPStatus = HTTPStatus.OK
    policy: str = field(default=_OURS)


def server(*, mailbox: Mailbox, phone: Phone, address: str, port: int) -> ThreadingHTTPServer:
    """Bind the page's server; the caller makes it serve, and closes it."""
    return ThreadingHTTPServer((address, port), _handler(mailbox, phone))


def answer(mailbox: Mailbox, phone: Phone, target: str) -> Answer:
    """Answer one request of the page, its style, or its JSON."""
    parts = urlsplit(target)
    to = parse_qs(parts.query).get("to", [""])[0]
    match parts.path.strip("/").split("/"):
        case [""]:
            return Answer(_list(mailbox))
        case ["style.css"]:
            return Answer(files(__package__).joinpath("style.css").read_bytes(), "text/css; charset=utf-8")
        case ["api", "mails"]:
            return _json({"mails": [_facts(mail) for mail in mailbox.mails() if not to or to in mail.recipients]})
        case ["sms"]:
            return Answer(_phone(phone))
        case ["api", "sms"]:
            return _json({"sms": [_sms_facts(sms) for sms in phone.received(to=to)]})
        case ["mails", key]:
            return _found(mailbox.mail(key), lambda mail: Answer(_mail(mail)))
        case ["mails", key, "html"]:
            return _found(mailbox.mail(key), lambda mail: Answer(_framed(mail.html), policy=_THEIRS))
        case ["mails", key, "source"]:
            return _found(mailbox.source(key), lambda source: Answer(source, "text/plain; charset=utf-8"))
    return _missing()


def is_ours(host: str) -> bool:
    """Tell whether a request names this machine: another name would be a foreign page's trick to read the mails."""
    name = urlsplit(f"//{host}").hostname or ""
    return name in ("localhost", "127.0.0.1", "::1") or name.endswith(".localhost")


def _handler(mailbox: Mailbox, phone: Phone) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(answer(mailbox, phone, self.path) if is_ours(self.headers.get("Host", "")) else _missing())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the addresses asked for are of no interest."""

        def _send(self, given: Answer) -> None:
            body = given.body.encode() if isinstance(given.body, str) else given.body
            self.send_response(given.status)
            for name, value in {
                "Content-Type": given.kind,
                "Content-Length": str(len(body)),
                "Content-Security-Policy": given.policy,
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler


# --- What is said ----------------------------------------------------------------------------------------------------


def _found(thing: Thing | None, shown: Callable[[Thing], Answer]) -> Answer:
    return _missing() if thing is None else shown(thing)


def _missing() -> Answer:
    return Answer(_page("Introuvable", "<p>Cette page ou ce courriel n'existe pas.</p>"), status=HTTPStatus.NOT_FOUND)


def _json(facts: object) -> Answer:
    return Answer(json.dumps(facts, ensure_ascii=False, indent=1), "application/json; charset=utf-8")


def _facts(mail: Mail) -> dict[str, object]:
    return {
        "id": mail.key,
        "at": mail.at.isoformat(),
        "from": mail.sender,
        "to": list(mail.recipients),
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "links": list(mail.links),
        "headers": [list(header) for header in mail.headers],
    }


def _list(mailbox: Mailbox) -> str:
    rows, there = "".join(_rows(mailbox)), '<p><a href="/sms/">SMS</a></p>'
    if not rows:
        return _page("Courriels", f"{there}<p>Aucun courriel pour l'instant.</p>")
    head = '<th scope="col">Reçu le</th><th scope="col">À</th><th scope="col">Objet</th>'
    return _page("Courriels", f"{there}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")


def _rows(mailbox: Mailbox) -> Iterator[str]:
    for mail in islice(mailbox.mails(), SHOWN):
        subject = escape(mail.subject) or "(sans objet)"
        to = escape(", ".join(mail.recipients))
        yield f'<tr><td>{_when(mail)}</td><td>{to}</td><td><a href="/mails/{mail.key}">{subject}</a></td></tr>'


def _mail(mail: Mail) -> str:
    lines = {"Reçu le": _when(mail), "De": escape(mail.sender), "À": escape(", ".join(mail.recipients))}
    facts = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in lines.items())
    text = f"<section><h2>Texte</h2><pre>{_linked(mail.text)}</pre></section>" if mail.text else ""
    frame = (
        f'<section><h2>HTML</h2><iframe title="Version HTML du courriel" src="/mails/{mail.key}/html"'
        ' sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></section>'
        if mail.html
        else ""
    )
    back = f'<p><a href="/">Tous les courriels</a> · <a href="/mails/{mail.key}/source">Source</a></p>'
    return _page(mail.subject or "(sans objet)", f"{back}<dl>{facts}</dl>{text}{frame}")


def _phone(phone: Phone) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Reçu le", "À", "De", "Texte"))
    rows = "".join(_sms_row(sms) for sms in phone.received())
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return _page("SMS", f'<p><a href="/">Courriels</a></p>{table if rows else "<p>Aucun SMS pour le moment.</p>"}')


def _sms_row(sms: Sms) -> str:
    at = f"{sms.at.astimezone(PARIS):%d/%m/%Y %H:%M:%S}"
    cells = (at, escape(sms.to), escape(sms.sender), f"<pre>{_linked(sms.text)}</pre>")
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _sms_facts(sms: Sms) -> dict[str, str]:
    told = {"id": sms.own_id, "at": sms.at.isoformat(), "to": sms.to, "from": sms.sender}
    return {**told, "text": sms.text, "class": sms.kind}


def _linked(text: str) -> str:
    """Escape a text, its web addresses made links."""
    return "".join(
        f'<a href="{escape(link)}" rel="noreferrer" target="_blank">{escape(words)}</a>' if link else escape(words)
        for words, link in pieces(text)
    )


def _framed(html: str) -> str:
    """Make the links of a mail open outside its frame, where nothing would answer them."""
    before, head, after = html.partition("<head>")
    target = '<base target="_blank">'
    return f"{before}{head}{target}{after}" if head else f"{target}{html}"


def _when(mail: Mail) -> str:
    return f"{mail.at.astimezone(PARIS):%d/%m/%Y %H:%M:%S}"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/style.css"></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
