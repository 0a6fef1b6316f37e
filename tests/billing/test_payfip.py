"""PayFiP on the wire: what is sent, what is read, how it fails; then against the simulated Treasury."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as some

from billing.payfip import BadRequest, Client, Detail, PaymentRequest, Refused, Result, Unavailable, address, wire
from billing.payfip import client as client_module
from billing.payfip.facts import cents, checked, euros, subject
from simulators.payfip.server import Server, serving

REQUEST = PaymentRequest(
    numcli="006382",
    exercise="2026",
    refdet="2026001000056",
    amount=Decimal("50.70"),
    email="parent@example.org",
    mode="T",
    subject="Facture 56, cantine d'été",
    return_url="http://portail.example/r/",
    notify_url="",
)
PAID = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    b'<t:recupererDetailPaiementSecuriseResponse xmlns:t="%s"><return><dattrans>14022012</dattrans><exer>20</exer>'
    b"<heurtrans>1142</heurtrans><idOp>i</idOp><montant>5070</montant><numauto>394492</numauto>"
    b"<numcli>006382</numcli><refdet>2012001000056</refdet><resultrans>P</resultrans><inconnu>x</inconnu></return>"
    b"</t:recupererDetailPaiementSecuriseResponse></e:Body></e:Envelope>"
) % wire.SERVICE.encode()
DETAIL = "recupererDetailPaiementSecurise"


@pytest.fixture
def treasury() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def client(treasury: Server) -> Client:
    return Client(treasury.url)


# --- Words ------------------------------------------------------------------------------------------------------------


@given(some.integers(100, 9_999_999))
def test_cents_and_euros_are_the_same_money(amount: int) -> None:
    assert cents(euros(str(amount))) == str(amount)


@pytest.mark.parametrize("amount", ["0.99", "0", "-5", "100000", "1.001"])
def test_an_amount_out_of_bounds_is_never_sent(amount: str) -> None:
    with pytest.raises(BadRequest, match="amount"):
        cents(Decimal(amount))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("numcli", "6382"),
        ("exercise", "26"),
        ("refdet", "AB12"),
        ("refdet", "2026-001-000056"),
        ("refdet", "A" * 31),
        ("email", "rien"),
        ("email", "a" * 80 + "@b.fr"),
        ("mode", "A"),
        ("mode", ""),
    ],
)
def test_what_the_service_would_refuse_is_not_sent(field: str, value: str) -> None:
    wrong = PaymentRequest(**{**{name: getattr(REQUEST, name) for name in REQUEST.__slots__}, field: value})

    with pytest.raises(BadRequest, match=field):
        checked(wrong, modes="TXW")


@given(some.text(max_size=200))
def test_a_subject_is_plain(text: str) -> None:
    made = subject(text)

    assert len(made) <= 99 and made == made.strip()
    assert made.replace(" ", "").isalnum() or not made
    assert made.isascii()


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_a_payment_is_read_with_its_local_hour_and_unknown_fields_do_no_harm() -> None:
    found = wire.detail(wire.answer(PAID, operation=DETAIL))

    assert found == Detail(
        result=Result.CARD_PAID,
        id_op="i",
        numcli="006382",
        refdet="2012001000056",
        amount=Decimal("50.70"),
        authorization="394492",
        at=datetime(2012, 2, 14, 10, 42, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>Maintenance</body></html>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        PAID.replace(b"<resultrans>P</resultrans>", b""),
        PAID.replace(b"<resultrans>P", b"<resultrans>Q"),
        PAID.replace(b"5070", b"cinq"),
        PAID.replace(b"14022012", b"31022012"),
        PAID.replace(b"1142", b"2560"),
        PAID.replace(b"return>", b"autre>"),
        PAID[:-30],
    ],
)
def test_an_answer_that_is_none_is_asked_again(content: bytes) -> None:
    with pytest.raises(Unavailable):
        wire.detail(wire.answer(content, operation=DETAIL))


def test_an_answer_without_hour_nor_number_is_read() -> None:
    bare = PAID.replace(b"<heurtrans>1142</heurtrans>", b"").replace(b"<numauto>394492</numauto>", b"")

    assert wire.detail(wire.answer(bare, operation=DETAIL)).authorization == ""


# --- Against the simulated Treasury -----------------------------------------------------------------------------------


def pay(treasury: Server, client: Client, end: str = "P", request: PaymentRequest = REQUEST) -> str:
    id_op = client.create(request)
    requests.get(client.page(id_op), timeout=30)
    requests.post(f"{treasury.url}/tpa/fin", data={"idop": id_op, "fin": end}, timeout=30)
    return id_op


def test_an_operation_is_opened_paid_and_told(treasury: Server, client: Client) -> None:
    id_op = client.create(REQUEST)
    with pytest.raises(Refused) as waiting:
        client.detail(id_op)
    assert waiting.value.code == "P5"

    shown = requests.get(client.page(id_op), timeout=30).text
    for words in ("TELEPAIEMENT", "Collectivité : VILLE DE BUCHELAY", "DETTE A PAYER", "paiement de test", "50,70 €"):
        assert words in shown
    number = requests.post(f"{treasury.url}/tpa/carte", data={"idop": id_op, "carte": "CB"}, timeout=30).text
    assert "Cryptogramme" in number and "Valider" in number
    ended = requests.post(f"{treasury.url}/tpa/fin", data={"idop": id_op, "fin": "P"}, timeout=30).text
    for words in ("Votre paiement est accepté", "TICKET DE PAIEMENT", "Imprimer", "Enregistrer en PDF", "RETOUR SITE"):
        assert words in ended
    assert f"http://portail.example/r/?idop={id_op}" in ended

    found = client.detail(id_op)
    assert (found.result, found.amount, found.refdet, found.numcli) == (
        Result.CARD_PAID,
        REQUEST.amount,
        REQUEST.refdet,
        "006382",
    )
    assert found.authorization and found.at


@pytest.mark.parametrize("end", ["V", "R", "Z", "A"])
def test_each_end_is_told(treasury: Server, client: Client, end: str) -> None:
    assert client.detail(pay(treasury, client, end)).result == end


def test_a_client_number_is_checked_by_its_name(client: Client) -> None:
    assert client.customer("006382").labels[0] == "VILLE DE BUCHELAY"
    for number, code in (("999999", "T2"), ("12", "T1")):
        with pytest.raises(Refused) as refused:
            client.customer(number)
        assert refused.value.code == code


def test_what_was_never_opened_is_forgotten_in_the_night(treasury: Server, client: Client) -> None:
    unused, used = client.create(REQUEST), pay(treasury, client)

    treasury.treasury.purge()

    with pytest.raises(Refused) as gone:
        client.detail(unused)
    assert gone.value.code == "P1"
    assert client.detail(used).result is Result.CARD_PAID


def test_the_page_opens_for_fifteen_minutes_and_once(treasury: Server, client: Client) -> None:
    late, used = client.create(REQUEST), pay(treasury, client)
    treasury.treasury.offset = timedelta(minutes=16)

    assert "P4" in requests.get(client.page(late), timeout=30).text
    assert "P3" in requests.get(client.page(used), timeout=30).text


@pytest.mark.parametrize("down", ["503", "html", "technical"])
def test_a_service_that_fails_is_unavailable_and_never_a_refusal(treasury: Server, client: Client, down: str) -> None:
    id_op = pay(treasury, client)
    requests.post(f"{treasury.url}/controle", data={"down": down}, timeout=30)

    for call in (lambda: client.detail(id_op), lambda: client.create(REQUEST)):
        with pytest.raises(Unavailable):
            call()
    requests.post(f"{treasury.url}/controle", data={"down": ""}, timeout=30)
    assert client.detail(id_op).result is Result.CARD_PAID


def test_a_service_that_is_silent_is_given_up(
    treasury: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "READ", 0.2)
    requests.post(f"{treasury.url}/controle", data={"down": "timeout"}, timeout=30)

    with pytest.raises(Unavailable, match="Timeout"):
        client.create(REQUEST)


def test_nobody_at_the_address_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        Client("http://127.0.0.1:9").customer("006382")


def test_the_address_protocol_carries_all_and_comes_back_unsigned(treasury: Server) -> None:
    url = address.address(treasury.url, PaymentRequest(**{
        **{name: getattr(REQUEST, name) for name in REQUEST.__slots__}, "mode": "T",
    }))  # fmt: skip
    asked = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
    assert (asked["montant"], asked["refdet"], asked["saisie"]) == ("5070", REQUEST.refdet, "T")
    assert asked["objet"] == "Facture 56 cantine d ete"

    shown = requests.get(url, timeout=30).text
    id_op = shown.partition('name=idop value="')[2].partition('"')[0]
    ended = requests.post(f"{treasury.url}/tpa/fin", data={"idop": id_op, "fin": "P"}, timeout=30).text
    fields = dict(part.partition('" value="')[::2] for part in ended.split('type=hidden name="')[1:])
    posted = {name: value.partition('"')[0] for name, value in fields.items()}

    found = address.read_return(posted)
    assert found and (found.result, found.amount, found.refdet) == (Result.CARD_PAID, REQUEST.amount, REQUEST.refdet)
    assert address.read_return({"resultrans": "?"}) is None
    assert address.read_return({}) is None
