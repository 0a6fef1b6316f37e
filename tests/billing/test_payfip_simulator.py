"""The simulated Treasury itself: it answers whatever it is sent, and the client bears each of its bad days."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from defusedxml.ElementTree import fromstring
from pypdf import PdfReader

from billing.payfip import Client, PaymentRequest, Refused, Result, Unavailable, address, wire
from lps.kernel import clock
from simulators.payfip.clock import shift
from simulators.payfip.server import Server
from simulators.payfip.soap import OPERATIONS, SOAP
from simulators.payfip.state import Treasury
from tests.billing.test_payfip import REQUEST, pay

CREATE, DETAIL = "creerPaiementSecurise", "recupererDetailPaiementSecurise"
FIELDS = ["exer", "mel", "montant", "numcli", "objet", "refdet", "saisie", "urlnotif", "urlredirect"]
XSD = "{http://www.w3.org/2001/XMLSchema}"


def like(**values: Any) -> PaymentRequest:
    return PaymentRequest(**{**{name: getattr(REQUEST, name) for name in REQUEST.__slots__}, **values})


def control(treasury: Server, **fields: str) -> requests.Response:
    return requests.post(f"{treasury.url}/controle", data=fields, timeout=30, allow_redirects=False)


def ends(treasury: Server, id_op: str, end: str) -> requests.Response:
    return requests.post(f"{treasury.url}/tpa/fin", data={"idop": id_op, "fin": end}, timeout=30)


def service(treasury: Server, body: bytes) -> requests.Response:
    return requests.post(f"{treasury.url}/tpa/services/securite", data=body, timeout=15)


@pytest.fixture
def client(treasury: Server) -> Client:
    return Client(treasury.url)


@contextmanager
def portal() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A portal that only listens: its address, and the forms posted to it."""
    heard: list[dict[str, str]] = []

    class Listens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.append({name: value for name, (value,) in parse_qs(body).items()})
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Listens)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/n/", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=30)


# --- Whatever it is sent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"minutes": "abc"},
        {"minutes": "nan"},
        {"minutes": "1e308"},
        {"notify": "parfois"},
        {"down": "x"},
        {"fault_status": "404"},
        {"notifier": "inconnu"},
    ],
)
def test_a_setting_that_is_none_changes_nothing_and_is_said(treasury: Server, fields: dict[str, str]) -> None:
    before = treasury.treasury.switches, treasury.treasury.offset

    answer = control(treasury, **fields)

    assert answer.status_code == 400 and "<h1>" in answer.text
    assert (treasury.treasury.switches, treasury.treasury.offset) == before


@pytest.mark.parametrize("end", ["", "PV", "X", "P\0"])
def test_a_payment_ends_by_one_of_its_buttons_alone(treasury: Server, client: Client, end: str) -> None:
    id_op = client.create(REQUEST)

    assert ends(treasury, id_op, end).status_code == 400
    with pytest.raises(Refused, match="P5"):
        client.detail(id_op)


@pytest.mark.parametrize("path", ["paiementws.web?idop=x", "paiementws.web", "paiement.web"])
def test_an_operation_of_nothing_is_a_page_that_says_so(treasury: Server, path: str) -> None:
    answer = requests.get(f"{treasury.url}/tpa/{path}", timeout=30)

    assert answer.status_code == 400 and "n'est pas possible" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        b"<a>" * 30_000,
        b"<?xml version='1.0' encoding='nulle-part'?><a/>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".encode("utf-16"),
        f'<e:Envelope xmlns:e="{SOAP}"><e:Body/></e:Envelope>'.encode(),
        b"x" * 10_000_000,
    ],
    ids=["empty", "nul", "deep", "encoding", "entity", "nothing asked", "10 MB"],
)
def test_a_request_that_is_none_is_a_technical_fault(treasury: Server, body: bytes) -> None:
    with pytest.raises(Unavailable, match="TechProtocolaireErreur 999"):
        wire.answer(service(treasury, body).content, operation=DETAIL)


@pytest.mark.parametrize("length", [b"abc", b"-1", b"9" * 40])
def test_a_length_that_is_none_is_refused_at_once(treasury: Server, length: bytes) -> None:
    with socket.create_connection(("127.0.0.1", treasury.server_address[1]), timeout=30) as caller:
        caller.sendall(b"POST /tpa/fin HTTP/1.0\r\nContent-Length: " + length + b"\r\n\r\n")
        assert b" 400 " in caller.recv(100)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("montant", "9" * 5_000, "M5"),
        ("montant", "99", "M3"),
        ("montant", "cent", "M1"),
        ("mel", "", "A1"),
        ("refdet", "ABCD", "R3"),
        ("saisie", "Q", "S1"),
        ("urlredirect", "http://[", "D1"),
        ("urlredirect", "http://a:99999/", "D1"),
        ("urlnotif", "ftp://portail.example/", "N1"),
    ],
)
def test_each_code_by_its_rule(treasury: Server, field: str, value: str, code: str) -> None:
    good = {"exer": "2026", "mel": "a@example.org", "montant": "5070", "numcli": "006382", "refdet": "2026001000056"}
    asked = wire.envelope(CREATE, {**good, "saisie": "T", field: value})

    with pytest.raises(Refused) as refused:
        wire.answer(service(treasury, asked).content, operation=CREATE)

    assert refused.value.code == code
    assert treasury.treasury.operations == {}


# --- Its bad days, and the client -------------------------------------------------------------------------------------


def test_a_number_without_secured_access_pays_by_address_alone(treasury: Server, client: Client) -> None:
    titles = like(numcli="006383")

    with pytest.raises(Refused) as refused:
        client.create(titles)

    assert refused.value.code == "T4"
    assert client.customer("006383").labels == ("VILLE DE BUCHELAY", "TITRES")
    assert requests.get(address.address(treasury.url, titles), timeout=30).ok


@pytest.mark.parametrize("status", ["200", "500"])
def test_a_fault_is_read_whatever_the_status(treasury: Server, client: Client, status: str) -> None:
    control(treasury, fault_status=status)
    asked = wire.envelope(DETAIL, {"idOp": "inconnu"})

    assert service(treasury, asked).status_code == int(status)
    with pytest.raises(Refused, match="P1"):
        client.detail("inconnu")
    control(treasury, down="technical")
    with pytest.raises(Unavailable):
        client.detail("inconnu")


@pytest.mark.parametrize(("notify", "times"), [("before", 1), ("early", 1), ("twice", 2), ("late", 0), ("never", 0)])
def test_the_portal_is_told_as_often_as_the_switch_says(
    treasury: Server, client: Client, notify: str, times: int
) -> None:
    control(treasury, notify=notify)

    with portal() as (url, heard):
        id_op = pay(treasury, client, request=like(notify_url=url))

    assert heard == [{"idop": id_op}] * times


def test_an_early_notification_finds_nothing_known_yet(
    treasury: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []

    def asks(operation: Any) -> None:
        with pytest.raises(Refused) as refused:
            client.detail(operation.id_op)
        found.append(refused.value.code)

    monkeypatch.setattr(treasury, "notify", asks)
    control(treasury, notify="early")

    id_op = pay(treasury, client)

    assert found == ["P5"]
    assert client.detail(id_op).result is Result.CARD_PAID


def test_a_late_notification_is_sent_by_hand(treasury: Server, client: Client) -> None:
    control(treasury, notify="late")

    with portal() as (url, heard):
        id_op = pay(treasury, client, request=like(notify_url=url))
        assert control(treasury, notifier=id_op).status_code == 303

    assert heard == [{"idop": id_op}]


def test_a_portal_that_cannot_be_told_does_not_keep_the_payer(treasury: Server, client: Client) -> None:
    id_op = pay(treasury, client, request=like(notify_url="http://127.0.0.1:9/n/"))

    assert client.detail(id_op).result is Result.CARD_PAID


def test_who_gave_up_may_pay_on_the_same_page_for_two_minutes(treasury: Server, client: Client) -> None:
    soon, late = pay(treasury, client, "A"), pay(treasury, client, "A")

    treasury.treasury.offset = timedelta(seconds=90)
    ends(treasury, soon, "P")
    treasury.treasury.offset = timedelta(seconds=130)
    ends(treasury, late, "P")

    assert client.detail(soon).result is Result.CARD_PAID
    assert client.detail(late).result is Result.ABANDONED
    assert "P3" in requests.get(client.page(late), timeout=30).text


def test_the_amount_can_be_told_wrong_and_right_again(treasury: Server, client: Client) -> None:
    id_op = pay(treasury, client)

    control(treasury, wrong_amount="1")
    wrong = client.detail(id_op).amount
    control(treasury, wrong_amount="")

    assert wrong != REQUEST.amount == client.detail(id_op).amount


def test_the_night_forgets_what_nobody_opened_when_it_is_switched_on(treasury: Server, client: Client) -> None:
    unused, used = client.create(REQUEST), pay(treasury, client)
    treasury.treasury.offset = timedelta(days=1)
    with pytest.raises(Refused, match="P5"):
        client.detail(unused)

    control(treasury, nightly="1")

    with pytest.raises(Refused, match="P1"):
        client.detail(unused)
    assert client.detail(used).result is Result.CARD_PAID


def test_the_controls_say_what_is_set(treasury: Server, client: Client) -> None:
    pay(treasury, client)
    control(treasury, notify="early", down="html", fault_status="200", wrong_amount="1", nightly="1")

    shown = requests.get(f"{treasury.url}/controle", timeout=30).text

    for words in ("avant le résultat", "page HTML", "HTTP 200", "faux d&#x27;un euro", "oui"):
        assert f"<dd>{words}</dd>" in shown
    assert f"Notifier {REQUEST.refdet}" in shown


# --- Tickets, contract, clock -----------------------------------------------------------------------------------------


def test_a_payment_has_a_ticket_to_print_and_to_keep(treasury: Server, client: Client) -> None:
    id_op = pay(treasury, client)

    kept = requests.get(f"{treasury.url}/tpa/ticket.pdf?idop={id_op}", timeout=20)
    printed = requests.get(f"{treasury.url}/tpa/ticket?idop={id_op}", timeout=30).text

    assert kept.headers["Content-Type"] == "application/pdf" and "attachment" in kept.headers["Content-Disposition"]
    text = PdfReader(BytesIO(kept.content)).pages[0].extract_text()
    for words in (
        "TICKET DE PAIEMENT",
        "VILLE DE BUCHELAY",
        REQUEST.refdet,
        "50,70",
        client.detail(id_op).authorization,
    ):
        assert words in text and words in printed


@pytest.mark.parametrize("end", ["R", "A"])
@pytest.mark.parametrize("page", ["ticket", "ticket.pdf"])
def test_what_was_not_paid_has_no_ticket(treasury: Server, client: Client, end: str, page: str) -> None:
    id_op = pay(treasury, client, end)

    assert requests.get(f"{treasury.url}/tpa/{page}?idop={id_op}", timeout=30).status_code == 400
    assert requests.get(f"{treasury.url}/tpa/{page}?idop=%00", timeout=30).status_code == 400


def test_the_contract_names_what_the_client_sends_and_where(treasury: Server) -> None:
    url = f"{treasury.url}/tpa/services/securite"
    root = fromstring(requests.get(f"{url}?wsdl", timeout=30).content)

    located = root.find(".//{http://schemas.xmlsoap.org/wsdl/soap/}address")
    ports = root.findall("{http://schemas.xmlsoap.org/wsdl/}portType/{http://schemas.xmlsoap.org/wsdl/}operation")
    asked = root.findall(f".//{XSD}complexType[@name='{CREATE}Requete']/{XSD}sequence/{XSD}element")
    assert located is not None and located.get("location") == url
    assert {one.get("name") for one in ports} == OPERATIONS
    assert [one.get("name") for one in asked] == FIELDS
    assert requests.get(url, timeout=30).status_code == 405


@pytest.mark.parametrize("setting", ["", "+3d", "-2h", "+90m", "2014-10-08T13:20+02:00"])
def test_its_clock_is_the_portals(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = clock.real_now().timestamp()
    variables = {"LPS_CLOCK": setting, "LPS_CLOCK_ORIGIN": str(origin)}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    clock._shift_of.cache_clear()  # others read the same setting, from another origin

    moved = shift(variables, now=origin + 1000)

    assert abs(Treasury(base=moved, offset=moved).now() - clock.now()) < timedelta(seconds=5)
    clock._shift_of.cache_clear()


@pytest.mark.parametrize("setting", ["demain", "2014-10-08T13:20"])
def test_a_clock_that_is_none_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=setting):
        shift({"LPS_CLOCK": setting}, now=0.0)


def test_moving_its_clock_counts_from_the_portals(treasury: Server) -> None:
    treasury.treasury.base = timedelta(days=2)

    control(treasury, minutes="30")
    moved = treasury.treasury.offset
    control(treasury, reset="1")

    assert (moved, treasury.treasury.offset) == (timedelta(days=2, minutes=30), timedelta(days=2))


# --- The address protocol ---------------------------------------------------------------------------------------------


def test_the_address_protocol_tells_the_result_itself_unsigned(treasury: Server) -> None:
    with portal() as (url, heard):
        shown = requests.get(address.address(treasury.url, like(return_url=url)), timeout=30).text
        ends(treasury, shown.partition('name=idop value="')[2].partition('"')[0], "P")

    (posted,) = heard
    found = address.read_return(posted)
    assert found and (found.result, found.amount, found.refdet) == (Result.CARD_PAID, REQUEST.amount, REQUEST.refdet)
    assert "idop" not in posted
