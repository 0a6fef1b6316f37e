"""Sending many dead letters again: those ticked, those of a campaign, those of a reason on the console."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications import sentences
from notifications.models import Campaign, Class, Kind, OutboxMessage, State
from notifications.services import campaigns, post, resending
from notifications.services.sending import change_sending
from notifications.services.sms import PLAIN, post_sms, post_sms_alike
from notifications.services.subscriptions import CODE_TEMPLATE
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import BY, console_browser, enter, operator
from tests.notifications.test_subscriptions import NUMBER
from tests.office.pages import signed_in, text
from tests.office.test_mailings import flash_topic
from tests.sql import counted

LIST, RESEND = "/mairie/envois/", "/mairie/envois/renvoyer/"


@pytest.fixture
def client(in_demo: Commune) -> Client:
    return signed_in(in_demo)


def dead(number: int = 1, *, error: str = "unreachable", state: State = State.DEAD, **rest: Any) -> list[int]:
    made = [post_sms(to=NUMBER, template=PLAIN, facts={"text": "x"}, by=BY, **rest).pk for _ in range(number)]
    OutboxMessage.objects.filter(pk__in=made).update(state=state, last_error=error, attempts=50)
    return made


def dead_mail() -> int:
    mail = post(to="marsone@example.org", template="families/emails/erased", facts={"family": "MARSONE"}, by=BY)
    OutboxMessage.objects.filter(pk=mail.pk).update(state=State.DEAD, last_error="unreachable")
    return mail.pk


def campaign(number: int = 3, *, error: str = "unreachable") -> Campaign:
    """A sending that left, whose SMS did not."""
    words = campaigns.Words(
        title="Fuite",
        choice=campaigns.Choice(kind="topic", key=flash_topic().pk, label="Infos"),
        message_class=Class.NEWS,
        sms_text="Route coupée.",
    )
    made = campaigns.write(words=words, by=BY, at=clock.now())
    numbers = [f"+336123456{n:02d}" for n in range(number)]
    post_sms_alike(numbers, text="Route coupée.", by=BY, message_class=Class.NEWS, campaign=made)
    OutboxMessage.objects.filter(campaign=made).update(state=State.DEAD, last_error=error)
    made.state, made.queued_at, made.sms_number = Campaign.State.QUEUED, clock.now(), number
    made.save()
    return made


def ticked(keys: list[int]) -> str:
    return "&".join(f"message={key}" for key in keys)


def states() -> set[str]:
    return set(OutboxMessage.objects.values_list("state", flat=True))


def told() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action="messages_sent_again"))


def test_ticked_messages_are_counted_then_leave_together_and_once(client: Client) -> None:
    keys, marks = [*dead(2), dead_mail()], set(OutboxMessage.objects.values_list("message_id", flat=True))
    assert all(f'value="{key}"' in text(client.get(LIST)) for key in keys)
    assert text(client.get(f"{LIST}?cocher=tout")).count(" checked>") == 3

    page = text(client.get(f"{RESEND}?{ticked(keys)}"))
    assert "2 SMS repartent" in page and "0,14 €" in page and "1 courriel repart" in page
    assert states() == {State.DEAD}, "looking sends nothing"
    answers = [client.post(RESEND, {"message": keys})["Location"] for _ in range(2)]

    assert answers == [f"{LIST}?fait=renvoyes", f"{LIST}?fait=rien"]
    rows = OutboxMessage.objects.all()
    assert set(rows.values_list("state", "attempts", "cost")) == {(State.WAITING, 0, None)}
    new = set(rows.filter(kind=Kind.SMS).values_list("message_id", flat=True))
    assert len(new) == 2 and not new & marks and {len(mark) for mark in new} == {20}
    assert set(rows.filter(kind=Kind.EMAIL).values_list("message_id", flat=True)) <= marks
    (entry,) = told()
    assert (entry.subject, entry.after) == ("messages", {"emails": 1, "sms": 2})


def test_an_unknown_fate_is_asked_back_and_never_sent_in_a_bulk(client: Client) -> None:
    (lost,), keys = dead(state=State.UNKNOWN, error=""), dead()
    OutboxMessage.objects.filter(pk=lost).update(
        claimed_at=clock.now(), due_at=clock.now() + timedelta(days=1), cost=Decimal("0.07")
    )
    assert f'name="message" value="{lost}"' not in text(client.get(LIST)), "it cannot be ticked"

    page = text(client.get(f"{RESEND}?{ticked([lost, *keys])}"))
    assert "1 SMS de sort inconnu n'est pas renvoyé" in page and "1 SMS repart" in page
    client.post(RESEND, {"message": [lost, *keys]})

    left = OutboxMessage.objects.get(pk=lost)
    assert (left.state, left.cost) == (State.UNKNOWN, Decimal("0.07")) and left.due_at <= clock.now()
    assert OutboxMessage.objects.get(pk=keys[0]).state == State.WAITING


def test_who_said_stop_and_codes_of_ten_minutes_stay(client: Client) -> None:
    keys = dead(error="blocked")
    code = post_sms(to=NUMBER, template=CODE_TEMPLATE, facts={"code": "123456"}, by=BY)
    OutboxMessage.objects.filter(pk=code.pk).update(state=State.DEAD, last_error="unreachable")

    page = text(client.get(f"{RESEND}?{ticked([*keys, code.pk])}"))
    answer = client.post(RESEND, {"message": [*keys, code.pk]})

    assert "Aucun message n'est à renvoyer." in page and "2 messages restent où ils sont" in page
    assert answer["Location"].endswith("rien") and states() == {State.DEAD} and not told()


def test_a_cap_that_would_hold_them_back_again_is_said(client: Client) -> None:
    change_sending(monthly_cap=Decimal("0.10"), by=BY)

    assert "Il reste 0,10 €" in text(client.get(f"{RESEND}?{ticked(dead(2))}"))


@pytest.mark.parametrize("bad", ["", "x", "-1", "9" * 40, "²", "1\x00", "999999999999999999"])
def test_what_is_no_message_is_nothing_to_send(client: Client, bad: str) -> None:
    dead()

    answer = client.post(RESEND, {"message": bad})

    assert answer["Location"] in (f"{LIST}?fait=aucun", f"{LIST}?fait=rien")
    assert client.get(RESEND, {"message": bad}).status_code in (200, 302)
    assert states() == {State.DEAD}


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.ACTIVITIES])
def test_who_only_reads_sends_nothing_again(in_demo: Commune, role: Role) -> None:
    keys, client = dead(), signed_in(in_demo, role)

    assert "Renvoyer" not in text(client.get(LIST))
    assert client.post(RESEND, {"message": keys}).status_code == 403
    assert states() == {State.DEAD}


def test_all_that_did_not_leave_of_a_campaign_leaves_again(client: Client) -> None:
    dead()
    made = campaign(3)
    path = f"/mairie/ecrire/{made.pk}/"
    assert "Le serveur d'envoi ne répond pas." in text(client.get(path))

    assert f'href="{path}renvoyer/"' in text(client.get(path))
    assert "3 SMS repartent" in text(client.get(f"{path}renvoyer/"))
    answers = [client.post(f"{path}renvoyer/")["Location"] for _ in range(2)]

    assert answers == [f"{path}?fait=renvoyes", f"{path}?fait=rien"]
    again = OutboxMessage.objects.filter(state=State.WAITING)
    assert set(again.values_list("campaign", flat=True)) == {made.pk} and again.count() == 3
    assert [entry.subject for entry in told()] == [f"mailing:{made.pk}"]
    assert "renvoyer/" not in text(client.get(path))


def test_an_agent_of_one_activity_does_not_send_anothers_campaign_again(in_demo: Commune) -> None:
    made, client = campaign(), signed_in(in_demo, Role.ACTIVITIES)
    Account.objects.filter(email="claire@mairie.example").update(activities=[1])

    assert client.post(f"/mairie/ecrire/{made.pk}/renvoyer/").status_code == 404
    assert states() == {State.DEAD}


def test_a_closed_report_is_not_opened_again(client: Client) -> None:
    made = campaign()
    campaigns.keep_reports(now=clock.now() + timedelta(days=54))

    assert "renvoyer/" not in text(client.get(f"/mairie/ecrire/{made.pk}/"))
    assert client.post(f"/mairie/ecrire/{made.pk}/renvoyer/")["Location"].endswith("rien")


@pytest.mark.usefixtures("in_demo")
def test_many_cost_the_same_statements() -> None:
    def statements(number: int) -> int:
        keys = dead(number)
        rows = OutboxMessage.objects.filter(pk__in=keys)
        with counted() as made:
            resending.look(rows, now=clock.now())
            assert resending.resend_many(rows, subject="messages", by=BY, channel="web", at=clock.now()) == number
        return len(made)

    assert statements(2) == statements(40)


def test_operators_read_reasons_not_recipients_and_send_again(demo: Commune) -> None:
    console = console_browser()
    enter(console, operator(), "/connexion/")
    with context.use(demo):
        dead(3)
        dead(2, error="monthly_cap")
        dead_mail()
    path = f"/communes/{demo.slug}/messages/"

    assert f'href="{path}"' in text(console.get(f"/communes/{demo.slug}/"))
    page = text(console.get(path))
    assert "Le serveur d'envoi ne répond pas" in page and "3 SMS" in page and "1 courriel" in page
    assert "612345678" not in page and "example.org" not in page
    assert "3 SMS repartent" in text(console.get(f"{path}?sorte=sms&pourquoi=unreachable"))
    answers = [console.post(path, {"sorte": "sms", "pourquoi": "unreachable"})["Location"] for _ in range(2)]

    assert answers == [f"{path}?fait=renvoyes", f"{path}?fait=rien"]
    with context.use(demo):
        assert OutboxMessage.objects.filter(state=State.WAITING).count() == 3
        (entry,) = told()
    assert (entry.actor_kind, entry.after) == ("operator", {"emails": 0, "sms": 3})
    for bad in ({}, {"sorte": "x" * 999, "pourquoi": "\x00"}, {"sorte": "sms", "pourquoi": "é" * 9999}):
        assert console.post(path, bad).status_code == 302 and console.get(path, bad).status_code == 200


CODES = [
    "blocked",
    "monthly_cap",
    "no_provider",
    "never_seen",
    "stopped",
    "recipient_refused",
    "number_refused",
    "worker_killed",
    "internal",
    "unreachable",
    "no_answer",
    "unreadable",
    "disk",
    "server_refused",
    "message_refused",
    "http_400",
    "http_401",
    "http_402",
    "http_429",
    "http_503",
    "ptt_5",
    "ptt_8",
    "ptt_23",
    "ptt_24",
    "ptt_28",
    "ptt_999",
    "ptt_",
    "code_4",
    "code_",
]


@pytest.mark.parametrize("code", CODES)
def test_every_failure_has_its_french_sentence(code: str) -> None:
    told = sentences.why(code)

    assert " " in told and "_" not in told


def test_no_failure_needs_no_sentence() -> None:
    assert sentences.why("") == ""
    assert sentences.why("recipient_refused 550") == "l'adresse est refusée"
