"""Writing SMS and sending them through the console gateway: at their hour, within the cap, never to who said STOP."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.template import TemplateDoesNotExist
from pytest_django import Settings

from lps.journal.actors import Actor
from lps.kernel import clock
from notifications import gateways
from notifications.gateways.base import Answer, Fate, Outgoing, Receipt, Result
from notifications.gateways.console import Console
from notifications.models import Blocked, Class, Kind, OutboxMessage, Outcome, SendingSettings, State
from notifications.rules.numbers import BadNumber
from notifications.services.blocking import stop_number
from notifications.services.sending import change_sending, resume_sms, stop_sms
from notifications.services.sms import PLAIN, TooLong, number_lookup, post_sms, post_sms_alike
from notifications.sms_cap import spent_this_month
from notifications.sms_delivery import NEXT_QUESTION, apply_receipt, ask_back, drain_sms, next_hour
from tenants.models import Commune
from tests.sql import counted

BY = Actor.system("test")
NUMBER = "+33612345678"
FACTS = {"prenom": "Anaïs", "jour": date(2014, 10, 8)}
# A Wednesday noon: every class may leave.
NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
Write = Callable[..., OutboxMessage]


@pytest.fixture(autouse=True)
def noon(moved_clock: Callable[[datetime], None]) -> None:
    moved_clock(NOON)


@pytest.fixture
def phone(in_demo: Commune, settings: Settings, tmp_path: Path) -> Path:
    """The folder of the console gateway, in a commune that sends by it."""
    settings.LPS_DATA_DIR = tmp_path
    change_sending(provider="console", sender="MAIRIE", by=BY)
    return tmp_path / "sms"


@pytest.fixture
def sms() -> Write:
    def write_one(to: str = NUMBER, **rest: Any) -> OutboxMessage:
        return post_sms(to=to, **{"template": "courrier/sms/bonjour", "facts": FACTS, "by": BY, **rest})

    return write_one


def received(phone: Path) -> list[dict[str, str]]:
    return [json.loads(path.read_text()) for path in phone.glob("*.json")]


def test_an_sms_leaves_in_the_communes_words_and_letters_that_cost_nothing(phone: Path, sms: Write) -> None:
    message = sms("+33 6 12 34 56 78")

    assert drain_sms().sent == 1

    (one,) = received(phone)
    assert one["text"] == "Mairie de démonstration : bonjour Anais, le goûter du 08/10 est annulé.".replace("û", "u")
    assert (one["to"], one["from"], one["class"]) == (NUMBER, "MAIRIE", "service")
    message.refresh_from_db()
    assert (message.state, message.kind, message.parts, message.cost) == (State.SENT, Kind.SMS, 1, Decimal("0.0700"))


def test_number_and_text_are_sealed(phone: Path, sms: Write) -> None:
    stored = str(OutboxMessage.objects.values().get(pk=sms().pk))

    assert "612345678" not in stored and "Anais" not in stored


@pytest.mark.parametrize("to", ["", "bonjour", "+33899123456", "01 30 98 10 78", "9" * 5000])
def test_refuses_what_takes_no_sms(phone: Path, sms: Write, to: str) -> None:
    with pytest.raises(BadNumber):
        sms(to)

    assert not OutboxMessage.objects.exists()


def test_refuses_an_empty_text_one_too_long_and_a_template_of_nowhere(phone: Path, sms: Write) -> None:
    for text in ("", "a" * 1000):
        with pytest.raises(TooLong):
            sms(template=PLAIN, facts={"text": text})
    with pytest.raises(TemplateDoesNotExist):
        sms(template="courrier/sms/inconnu")

    assert not OutboxMessage.objects.exists()


def test_what_somebody_typed_is_neither_a_template_nor_markup(phone: Path, sms: Write) -> None:
    sms(template=PLAIN, facts={"text": "{{ commune.wrapped_key }} {% now 'Y' %} <b>&amp;\r\nBcc: x\x00\x1b[31m"})

    drain_sms()

    assert received(phone)[0]["text"] == "{{ commune.wrapped_key }} {% now 'Y' %} <b>&amp;\nBcc: x[31m"


def test_the_same_key_writes_one_sms(phone: Path, sms: Write) -> None:
    assert sms(dedup_key="rappel:1") == sms(dedup_key="rappel:1")

    assert OutboxMessage.objects.count() == 1


def test_many_are_written_in_one_statement_under_marks_of_their_own(phone: Path) -> None:
    numbers = [f"+3361234{n:04d}" for n in range(300)]

    with counted() as statements:
        written = post_sms_alike(numbers, text="Marché de Noël {{ x }}", by=BY, message_class=Class.NEWS)

    assert (written, len(statements)) == (300, 1)
    rows = list(OutboxMessage.objects.order_by("pk"))
    assert [row.address for row in rows] == numbers
    assert len({row.message_id for row in rows}) == 300 and {len(row.message_id) for row in rows} == {20}
    assert drain_sms(limit=300).sent == 300
    assert {one["text"] for one in received(phone)} == {"Marché de Noël {{ x }}"}, "as its author saw it"


def test_one_of_many_is_the_row_that_one_alone_would_be(phone: Path) -> None:
    alone = post_sms(to=NUMBER, template=PLAIN, facts={"text": "Bonjour"}, by=BY, message_class=Class.NEWS)
    post_sms_alike([NUMBER], text="Bonjour", by=BY, message_class=Class.NEWS)
    drawn = ("id", "to", "facts", "message_id", "created_at")

    rows = [{name: value for name, value in row.items() if name not in drawn} for row in OutboxMessage.objects.values()]

    assert rows[0] == rows[1] and OutboxMessage.objects.exclude(pk=alone.pk).get().address == NUMBER


@pytest.mark.parametrize("text", ["", "x" * 602])
def test_many_of_a_text_that_does_not_fit_are_not_written(phone: Path, text: str) -> None:
    with pytest.raises(TooLong):
        post_sms_alike([NUMBER], text=text, by=BY, message_class=Class.NEWS)

    assert post_sms_alike([], text="x", by=BY, message_class=Class.NEWS) == 0
    assert not OutboxMessage.objects.exists()


def test_news_waits_for_the_morning_and_the_rest_leaves_at_night(
    phone: Path, sms: Write, moved_clock: Callable[[datetime], None]
) -> None:
    night = datetime(2026, 11, 28, 21, 0, tzinfo=UTC)  # a Saturday, 22:00 in Paris
    moved_clock(night)
    news = sms(message_class=Class.NEWS)
    sms(message_class=Class.SERVICE)
    sms(message_class=Class.DANGER)

    assert drain_sms().sent == 2

    news.refresh_from_db()
    assert (news.state, news.due_at) == (State.WAITING, datetime(2026, 11, 30, 7, 0, tzinfo=UTC))
    moved_clock(news.due_at)
    assert drain_sms().sent == 1


@pytest.mark.usefixtures("in_demo")
def test_public_holidays_are_quiet() -> None:
    asked = datetime(2026, 12, 25, 10, 0, tzinfo=UTC)  # a Friday

    assert next_hour(SendingSettings(), asked_at=asked, of=Class.NEWS) == datetime(2026, 12, 26, 7, 0, tzinfo=UTC)


def test_who_answered_stop_is_sent_nothing_but_the_code_that_proves_again(phone: Path, sms: Write) -> None:
    Blocked.objects.create(kind=Kind.SMS, lookup=number_lookup(NUMBER), why=Blocked.Why.STOP, at=NOON)
    stopped = [sms(message_class=one) for one in (Class.SERVICE, Class.NEWS, Class.DANGER)]
    code = sms(despite_stop=True)

    assert (drain_sms().sent, len(received(phone))) == (1, 1)

    for message in stopped:
        message.refresh_from_db()
        assert (message.state, message.last_error, message.cost) == (State.DEAD, "blocked", None)
    assert received(phone)[0]["own_id"] == code.message_id


def test_the_months_cap_holds_back_all_but_dangers(phone: Path, sms: Write) -> None:
    change_sending(monthly_cap=Decimal("0.21"), by=BY)
    for _ in range(5):
        sms()
    danger = sms(message_class=Class.DANGER, due_at=NOON - timedelta(seconds=1))

    assert drain_sms().sent == 3

    danger.refresh_from_db()
    assert danger.state == State.SENT
    assert OutboxMessage.objects.filter(state=State.DEAD, last_error="monthly_cap").count() == 3
    assert spent_this_month(now=NOON) == Decimal("0.21")
    assert spent_this_month(now=NOON + timedelta(days=8)) == 0, "another month, another cap"


def test_the_stop_button_ends_a_drain_that_goes_on(phone: Path, sms: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(45):
        sms()
    stopping = Stopping(phone)
    monkeypatch.setattr(gateways, "gateway_of", lambda sending: stopping)

    assert drain_sms().sent == 20, "the batch in hand leaves, and no other"

    waiting = OutboxMessage.objects.filter(state=State.WAITING)
    assert set(waiting.values_list("attempts", "cost", "claim")) == {(0, None, None)} and waiting.count() == 25


def test_who_answers_stop_in_the_middle_of_a_batch_is_sent_nothing_more(
    phone: Path, sms: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = OneByOne(phone, together=1)
    monkeypatch.setattr(gateways, "gateway_of", lambda sending: slow)
    sms("+33698765432")
    stopped = sms(due_at=NOON)

    assert drain_sms().sent == 1

    stopped.refresh_from_db()
    assert (stopped.state, stopped.last_error, stopped.cost) == (State.DEAD, "blocked", None)


def test_an_sms_under_a_lost_key_is_given_up_and_holds_up_no_other(phone: Path, sms: Write) -> None:
    lost = sms()
    OutboxMessage.objects.update(to="v1:broken", due_at=NOON - timedelta(hours=1))
    sms("+33698765432")

    with pytest.raises(ExceptionGroup, match="cannot be written"):
        drain_sms()

    lost.refresh_from_db()
    assert (lost.state, lost.last_error, lost.cost) == (State.DEAD, "internal", None)
    assert [one["to"] for one in received(phone)] == ["+33698765432"]


def test_the_stop_button_holds_everything_then_lets_it_go_or_drops_it(phone: Path, sms: Write) -> None:
    sms(message_class=Class.DANGER)
    assert stop_sms(by=BY, at=NOON) and not stop_sms(by=BY, at=NOON)

    assert drain_sms().sent == 0

    assert resume_sms(by=BY, at=NOON, drop_waiting=False) == 0
    assert drain_sms().sent == 1
    sms()
    stop_sms(by=BY, at=NOON)
    assert resume_sms(by=BY, at=NOON, drop_waiting=True) == 1
    assert drain_sms().sent == 0
    assert OutboxMessage.objects.filter(state=State.DEAD, last_error="stopped").count() == 1


def test_without_a_provider_an_sms_is_given_up_at_once_and_said(in_demo: Commune, sms: Write) -> None:
    change_sending(provider="", by=BY)
    message = sms()

    assert drain_sms().failed == 1

    message.refresh_from_db()
    assert (message.state, message.last_error) == (State.DEAD, "no_provider")


@pytest.mark.usefixtures("in_demo")
def test_production_has_no_console(settings: Settings) -> None:
    settings.PRODUCTION = True

    with pytest.raises(gateways.NoGateway):
        gateways.gateway_of(SendingSettings(provider="console"))


class Dying(Console):
    """A worker that dies while an SMS is on its way: with it, or without it."""

    taken = True

    def send(self, batch: Any) -> list[Result]:
        if self.taken:
            super().send(batch)
        raise KeyboardInterrupt


@pytest.fixture
def killed(phone: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], None]]:
    def kill(taken: bool) -> None:
        gateway = Dying(phone)
        object.__setattr__(gateway, "together", 1)
        monkeypatch.setattr(Dying, "taken", taken)
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(gateways, "gateway_of", lambda sending: gateway)
            drain_sms()

    yield kill


def later(minutes: int, moved_clock: Callable[[datetime], None]) -> None:
    moved_clock(NOON + timedelta(minutes=minutes))
    claimed = OutboxMessage.objects.filter(claimed_at__isnull=False)
    claimed.update(claimed_at=clock.real_now() - timedelta(minutes=minutes))


def test_an_sms_in_flight_is_unknown_asked_back_and_never_sent_by_itself(
    phone: Path, sms: Write, killed: Callable[[bool], None], moved_clock: Callable[[datetime], None]
) -> None:
    lost, next_one = sms(), sms("+33698765432")
    killed(True)

    assert [one.state for one in OutboxMessage.objects.order_by("pk")] == [State.UNKNOWN, State.WAITING]
    assert ask_back() == 0, "the provider is given two minutes"
    later(5, moved_clock)
    assert drain_sms().sent == 1 and ask_back() == 1

    lost.refresh_from_db()
    next_one.refresh_from_db()
    assert (lost.state, lost.outcome, next_one.state) == (State.SENT, Outcome.DELIVERED, State.SENT)
    assert sorted(one["to"] for one in received(phone)) == [NUMBER, "+33698765432"]


def test_one_that_the_provider_never_saw_waits_for_a_persons_hand(
    phone: Path, sms: Write, killed: Callable[[bool], None], moved_clock: Callable[[datetime], None]
) -> None:
    lost = sms()
    killed(False)
    later(5, moved_clock)
    assert ask_back() == 0, "it may be written down late"
    lost.refresh_from_db()
    assert lost.due_at == NOON + timedelta(minutes=5) + NEXT_QUESTION

    later(16, moved_clock)
    ask_back()

    lost.refresh_from_db()
    assert (lost.state, lost.last_error, lost.cost) == (State.DEAD, "never_seen", None)
    assert drain_sms().sent == 0 and received(phone) == []


class Stopping(Console):
    """A town that presses its stop button while SMS leave."""

    def send(self, batch: Any) -> list[Result]:
        stop_sms(by=BY, at=NOON)
        return super().send(batch)


class OneByOne(Console):
    """Somebody who answers STOP while the SMS before theirs leaves."""

    def send(self, batch: Any) -> list[Result]:
        stop_number(NUMBER)
        return super().send(batch)


class Answering(Console):
    """A provider that answers as it is told."""

    answer = Answer.ACCEPTED

    def send(self, batch: Any) -> list[Result]:
        return [Result(own_id=one.own_id, answer=self.answer, code="http_503", ref="") for one in batch]


@pytest.mark.parametrize(
    ("answer", "state", "outage"),
    [
        (Answer.ACCEPTED, State.SENT, False),
        (Answer.REFUSED, State.DEAD, False),
        (Answer.LATER, State.WAITING, True),
        (Answer.LOST, State.UNKNOWN, False),
    ],
)
def test_each_answer_has_its_state(
    phone: Path, sms: Write, monkeypatch: pytest.MonkeyPatch, answer: Answer, state: State, outage: bool
) -> None:
    monkeypatch.setattr(Answering, "answer", answer)
    monkeypatch.setattr(gateways, "gateway_of", lambda sending: Answering(phone))
    message = sms()

    done = drain_sms()

    message.refresh_from_db()
    assert (message.state, done.outage) == (state, outage)
    assert (message.cost is None) == (state in (State.DEAD, State.WAITING))
    assert (message.claim is None) == (state != State.UNKNOWN)


def test_late_and_repeated_words_of_the_provider_change_nothing_more(phone: Path, sms: Write) -> None:
    message = sms()
    drain_sms()
    own = {"own_id": message.message_id}

    said = [
        apply_receipt(Receipt(fate=fate, **own))
        for fate in (Fate.SENT, Fate.FAILED, Fate.FAILED, Fate.DELIVERED, Fate.FAILED, Fate.DELIVERED, Fate.SENT)
    ]

    assert said == [0, 1, 0, 1, 0, 0, 0]
    message.refresh_from_db()
    assert (message.state, message.outcome) == (State.SENT, Outcome.DELIVERED)
    assert apply_receipt(Receipt(fate=Fate.DELIVERED, own_id="00" * 10)) == 0
    assert apply_receipt(Receipt(fate=Fate.DELIVERED)) == 0


def test_a_console_that_cannot_write_says_later(tmp_path: Path) -> None:
    (tmp_path / "sms").write_text("a file, not a folder")
    one = Outgoing(own_id="1", number=NUMBER, text="x", message_class=Class.NEWS, sender="MAIRIE", gsm=True)

    assert Console(tmp_path / "sms").send([one]) == [Result(own_id="1", answer=Answer.LATER, code="disk")]
