"""OVHcloud's and Brevo's SMS on the wire, against a simulator with bad days."""

import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from deploy.processes import free_port
from lps.journal.actors import Actor
from notifications import gateways, queries
from notifications.gateways import http
from notifications.gateways.base import Answer, Fate, Gateway, NoAnswer, NotOurs, Outgoing, Stop
from notifications.gateways.brevo import Brevo
from notifications.gateways.ovh import Ovh
from notifications.models import Blocked, Class, Kind, OutboxMessage, Outcome, SendingSettings, State
from notifications.rules.hours import MessageClass
from notifications.services.blocking import stop_number
from notifications.services.sending import change_sending
from notifications.services.sms import PLAIN, post_sms
from notifications.sms_delivery import ask_back, drain_sms
from simulators.sms.server import (
    API_KEY,
    APPLICATION,
    CONSUMER,
    REFUSED_NUMBER,
    SECRET,
    SERVICE,
    Server,
    serving,
)
from tenants.models import Commune
from tenants.queries import host_of

BY = Actor.system("test")
NUMBER = "+33612345678"
OVH_KEYS = {
    "application_key": APPLICATION,
    "application_secret": SECRET,
    "consumer_key": CONSUMER,
    "service": SERVICE,
}
PROVIDERS = {"ovh": OVH_KEYS, "brevo": {"api_key": API_KEY}}


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: Server, settings: Settings) -> Server:
    running.books.__init__()  # type: ignore[misc]
    settings.LPS_OVH_URL = settings.LPS_BREVO_URL = running.url
    return running


@pytest.fixture(params=["ovh", "brevo"])
def gateway(request: Any, server: Server) -> Gateway:
    return made(request.param, server.url)


def made(name: str, url: str, **keys: str) -> Gateway:
    given = {**PROVIDERS[name], **keys}
    return Ovh(**given, base_url=url) if name == "ovh" else Brevo(**given, base_url=url)


def outgoing(**rest: Any) -> Outgoing:
    wanted = {"own_id": "a1" * 10, "number": NUMBER, "text": "Bus supprimé €", "sender": "MAIRIE", "gsm": True}
    return Outgoing(**{"message_class": MessageClass.SERVICE, **wanted, **rest})


def test_an_sms_arrives_whole_under_our_mark(gateway: Gateway, server: Server) -> None:
    (result,) = gateway.send([outgoing(text="Été à l'île : 10 €")])

    (one,) = server.books.taken
    assert (result.answer, result.ref) == (Answer.ACCEPTED, str(one.ref))
    assert (one.number, one.text, one.own_id) == (NUMBER, "Été à l'île : 10 €", "a1" * 10)


def test_only_news_bears_the_stop_clause(server: Server) -> None:
    for name in PROVIDERS:
        for one in MessageClass:
            made(name, server.url).send([outgoing(message_class=one)])

    told = [one.wanted for one in server.books.taken]
    assert [wanted["noStopClause"] for wanted in told[:3]] == [True, False, True]
    assert [wanted["type"] for wanted in told[3:]] == ["transactional", "marketing", "transactional"]


def test_letters_outside_of_the_alphabet_are_asked_for(server: Server) -> None:
    for name in PROVIDERS:
        made(name, server.url).send([outgoing(gsm=False)])

    assert [one.wanted.get("coding", one.wanted.get("unicodeEnabled")) for one in server.books.taken] == ["8bit", True]


@pytest.mark.parametrize(
    ("fault", "answer", "taken"),
    [
        ("500", Answer.LOST, 0),
        ("503", Answer.LATER, 0),
        ("429", Answer.LATER, 0),
        ("401", Answer.LATER, 0),
        ("400", Answer.REFUSED, 0),
        ("garbled", Answer.LOST, 0),
        ("cut", Answer.LOST, 0),
        ("lost", Answer.LOST, 1),
    ],
)
def test_each_bad_day_has_its_answer(gateway: Gateway, server: Server, fault: str, answer: Answer, taken: int) -> None:
    server.books.fault = fault

    (result,) = gateway.send([outgoing()])

    assert (result.answer, len(server.books.taken)) == (answer, taken)


def test_a_time_out_leaves_the_doubt(gateway: Gateway, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ", 0.2)
    server.books.fault, server.books.seconds = "slow", 0.6

    (result,) = gateway.send([outgoing()])

    assert (result.answer, len(server.books.taken)) == (Answer.LOST, 1)


@pytest.mark.parametrize("name", PROVIDERS)
def test_nobody_there_took_nothing(name: str) -> None:
    (result,) = made(name, f"http://127.0.0.1:{free_port()}").send([outgoing()])

    assert (result.answer, result.code) == (Answer.LATER, "unreachable")


def test_wrong_keys_keep_the_message(server: Server) -> None:
    wrong = made("ovh", server.url, application_secret="wrong"), made("brevo", server.url, api_key="wrong")

    assert [one.send([outgoing()])[0].answer for one in wrong] == [Answer.LATER, Answer.LATER]
    assert server.books.taken == []


def test_a_refused_number_is_final(gateway: Gateway) -> None:
    assert gateway.send([outgoing(number=REFUSED_NUMBER)])[0].answer is Answer.REFUSED


def test_our_mark_finds_what_became_of_it(gateway: Gateway, server: Server) -> None:
    assert gateway.status("a1" * 10, number=NUMBER).fate is Fate.NEVER_SEEN
    gateway.send([outgoing()])
    fates = []
    for report in (8, 1, 2):
        server.books.taken[0].report = report
        fates.append(gateway.status("a1" * 10, number=NUMBER).fate)

    assert fates == [Fate.SENT, Fate.DELIVERED, Fate.FAILED]


def test_a_question_without_an_answer_is_said(gateway: Gateway, server: Server) -> None:
    for fault in ("500", "garbled", "cut"):
        server.books.fault = fault
        for question in (lambda: gateway.status("a1" * 10, number=NUMBER), gateway.credit):
            with pytest.raises(NoAnswer):
                question()


def test_credit_left(server: Server) -> None:
    assert [made(name, server.url).credit() for name in PROVIDERS] == [Decimal("1234.5"), Decimal("412.5")]


def test_ovh_keeps_the_list_of_stops(server: Server) -> None:
    server.books.stopped = ["+33612345678", "33698765432"]

    assert made("ovh", server.url).stopped() == [Stop("+33612345678"), Stop("+33698765432")]


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\x00", b"{", b'"text"'])
def test_a_call_back_of_nobody_is_refused(server: Server, content: bytes) -> None:
    for name in PROVIDERS:
        with pytest.raises(NotOurs):
            made(name, server.url).called_back(content, {})


# --- A commune's outbox on these wires ------------------------------------------------------------------------------


@pytest.fixture(params=["ovh", "brevo"])
def provider(request: Any, server: Server, in_demo: Commune) -> str:
    change_sending(provider=request.param, credentials=PROVIDERS[request.param], sender="MAIRIE", by=BY)
    return str(request.param)


def write(to: str = NUMBER) -> OutboxMessage:
    return post_sms(to=to, template=PLAIN, facts={"text": "Bonjour"}, by=BY, message_class=Class.SERVICE)


def test_credentials_are_sealed_and_never_in_the_journal(provider: str) -> None:
    from lps.journal.models import AuditEntry

    kept = SendingSettings.objects.get().credentials
    told = str(list(AuditEntry.objects.values_list("before", "after")))

    assert all(secret not in kept and secret not in told for secret in PROVIDERS[provider].values())
    assert gateways.credentials(queries.sending()) == PROVIDERS[provider]


def test_a_lost_answer_is_found_by_our_mark_and_sent_once(
    provider: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.books.fault = "lost"
    message = write()
    drain_sms()
    message.refresh_from_db()
    assert message.state == State.UNKNOWN

    server.books.fault = ""
    server.books.taken[0].report = 1
    OutboxMessage.objects.update(due_at=message.created_at)
    assert (drain_sms().sent, ask_back()) == (0, 1)

    message.refresh_from_db()
    assert (message.state, message.outcome, len(server.books.taken)) == (State.SENT, Outcome.DELIVERED, 1)


def test_a_provider_down_for_a_while_loses_and_repeats_nothing(provider: str, server: Server) -> None:
    messages = [write(f"+336123456{n:02d}") for n in range(30)]
    server.books.fault = "503"
    for _ in range(5):
        assert drain_sms().outage
        OutboxMessage.objects.update(due_at=messages[0].created_at)

    server.books.fault = ""

    assert drain_sms().sent == 30
    assert sorted(one.number for one in server.books.taken) == sorted(f"+336123456{n:02d}" for n in range(30))


def call_back(commune: Commune, content: bytes = b"", *, token: str = "", query: str = "") -> int:
    token = token or queries.sending().webhook_token
    client = Client(headers={"host": host_of(commune)})
    path = f"/sms/prestataire/{token}/"
    if query:
        return client.get(f"{path}?{query}").status_code
    return client.post(path, content, content_type="application/json").status_code


def told(provider: str, message: OutboxMessage, fate: str) -> dict[str, Any]:
    if provider == "ovh":
        report = {"delivered": 1, "failed": 2}[fate]
        return {"query": f"id={message.provider_ref}&ptt=4&descriptionDlr=x&description={report}"}
    word = {"delivered": "delivered", "failed": "hard_bounce"}[fate]
    content = {"msg_status": word, "tag": [message.message_id], "messageId": 1, "error_code": 4, "to": NUMBER[1:]}
    return {"content": json.dumps(content).encode()}


def test_call_backs_late_twice_and_out_of_order(provider: str, in_demo: Commune) -> None:
    message = write()
    drain_sms()
    message.refresh_from_db()

    for fate in ("failed", "delivered", "delivered", "failed"):
        assert call_back(in_demo, **told(provider, message, fate)) == 204

    message.refresh_from_db()
    assert (message.outcome, message.state) == (Outcome.DELIVERED, State.SENT)


def test_a_failure_says_its_code(provider: str, in_demo: Commune) -> None:
    message = write()
    drain_sms()
    message.refresh_from_db()

    call_back(in_demo, **told(provider, message, "failed"))

    message.refresh_from_db()
    assert (message.outcome, message.outcome_reason[-1]) == (Outcome.FAILED, "4")


def test_stop_is_honoured_at_once(server: Server, in_demo: Commune) -> None:
    change_sending(provider="brevo", credentials=PROVIDERS["brevo"], sender="MAIRIE", by=BY)
    message = write()
    stop = json.dumps({"msg_status": "replied", "reply": "STOP ", "to": NUMBER[1:]}).encode()

    assert [call_back(in_demo, stop) for _ in range(2)] == [204, 204]

    assert Blocked.objects.filter(kind=Kind.SMS, why=Blocked.Why.STOP).count() == 1
    assert drain_sms().sent == 0
    message.refresh_from_db()
    assert message.last_error == "blocked"
    assert not stop_number("nobody")


@pytest.mark.parametrize("token", ["x", "é", "a" * 500])
def test_a_wrong_token_opens_nothing(provider: str, in_demo: Commune, token: str) -> None:
    assert call_back(in_demo, b"{}", token=token) == 404


def test_another_communes_token_opens_nothing(in_demo: Commune, other_sending: str) -> None:
    assert call_back(in_demo, b"{}", token=other_sending) == 404


@pytest.fixture
def other_sending(buchelay: Commune) -> str:
    from tenants import context

    with context.use(buchelay):
        return change_sending(provider="brevo", credentials=PROVIDERS["brevo"], by=BY).webhook_token


def test_what_is_no_call_back_is_refused(provider: str, in_demo: Commune) -> None:
    assert call_back(in_demo, b"\x00\xff") == 400
    assert call_back(in_demo, b"x" * 200_000) in (400, 413)


def test_neither_number_nor_text_is_logged(provider: str, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in ("", "503", "lost"):
        server.books.fault = fault
        write()
        drain_sms()

    assert "612345678" not in caplog.text and "Bonjour" not in caplog.text


def mail_event(commune: Commune, event: str, email: str) -> int:
    client = Client(headers={"host": host_of(commune)})
    path = f"/sms/prestataire/{queries.sending().webhook_token}/courriels/"
    return client.post(path, json.dumps({"event": event, "email": email}), content_type="application/json").status_code


@pytest.mark.parametrize(("event", "blocked"), [("hard_bounce", 1), ("spam", 1), ("soft_bounce", 0), ("opened", 0)])
def test_bounces_and_complaints_stop_an_address(provider: str, in_demo: Commune, event: str, blocked: int) -> None:
    assert [mail_event(in_demo, event, "Marsone@Example.org") for _ in range(2)] == [204, 204]
    assert mail_event(in_demo, event, "nobody\x00") == 204

    assert Blocked.objects.filter(kind=Kind.EMAIL).count() == blocked
