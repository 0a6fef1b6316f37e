"""Typed words stay words, overseas hours are theirs, a day without a provider loses nothing, nobody is told apart."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from statistics import median
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from lps.families.models import Household
from lps.kernel import clock
from notifications.audiences import Choice
from notifications.delivery import drain
from notifications.models import Campaign, Class, OutboxMessage, State, Topic
from notifications.services import campaigns, prove_address, subscriptions
from notifications.services.sending import change_sending
from notifications.services.sms import PLAIN, post_sms, post_sms_alike
from notifications.services.subscriptions import Asked
from notifications.sms_delivery import drain_sms
from simulators.sms.server import serving
from tenants.models import Commune
from tests.notifications.test_sms_providers import BY, OVH_KEYS
from tests.notifications.test_subscriptions import NUMBER, subscribe
from tests.zone import wednesday_noon

NOON = wednesday_noon()
EVENING = datetime.combine(NOON.date(), time(21))  # by a commune's own clock


def queued(title: str = "Fuite", *, kind: str = "topic", key: int = 0, **texts: str) -> Campaign:
    choice = Choice(kind=kind, key=key or Topic.objects.all()[0].pk, label="x")
    words = campaigns.Words(title=title, choice=choice, message_class=Class.SERVICE, **texts)
    made = campaigns.write(words=words, by=BY, at=NOON)
    campaigns.send(pk=made.pk, by=BY, at=NOON)
    campaigns.queue_due(now=NOON)
    return made


@pytest.mark.parametrize(
    "title",
    [
        "Fuite\r\nBcc: victime@example.org",
        "Fuite\nContent-Type: text/html\n\n<script>",
        "{{ commune.wrapped_key }} {% load i18n %}",
        "é" * 120,
    ],
)
def test_a_title_is_one_line_of_words_whatever_was_typed(
    in_demo: Commune, postbox: Any, moved_clock: Callable[[datetime], None], title: str
) -> None:
    moved_clock(NOON)
    home = Household.objects.get(name="MARSONE")
    child = home.custodies.all()[0].child
    prove_address(holder=home.holder, value="m@example.org", consent="1", by=BY, channel="web")
    typed = "{{ settings.SECRET_KEY }} {% now 'Y' %} <script>alert(1)</script>"
    seat = child.enrollments.latest("pk").school_class_id

    queued(title, kind="class", key=seat, email_text=typed)
    drain()

    (mail,) = postbox.mails
    assert postbox.envelopes[0][1] == ["m@example.org"] and mail["Bcc"] is None
    assert " ".join(mail["Subject"].split()) == " ".join(title.split())
    assert "\n" not in mail["Subject"] and mail.get_content_type() == "multipart/alternative"
    assert typed in mail.get_body(("plain",)).get_content()
    page = mail.get_body(("html",)).get_content()
    assert "<script>" not in page and "&lt;script&gt;" in page and "SECRET_KEY }}" in page


@pytest.mark.parametrize("zone", ["America/Martinique", "Indian/Reunion", "Pacific/Noumea", "America/Miquelon"])
def test_overseas_news_waits_for_the_morning_there(
    in_demo: Commune, moved_clock: Callable[[datetime], None], settings: Settings, tmp_path: Any, zone: str
) -> None:
    settings.LPS_DATA_DIR = tmp_path
    in_demo.time_zone = zone
    there = ZoneInfo(zone)
    moved_clock(EVENING.replace(tzinfo=there))
    change_sending(provider="console", sender="MAIRIE", by=BY)
    news = post_sms(to=NUMBER, template=PLAIN, facts={"text": "x"}, by=BY, message_class=Class.NEWS)
    due_at = datetime.combine(NOON.date() + timedelta(days=1), time(8), there)

    assert drain_sms().sent == 0

    news.refresh_from_db()
    assert news.due_at == due_at
    moved_clock(due_at)
    assert drain_sms().sent == 1


def test_a_day_without_a_provider_loses_and_repeats_nothing(
    in_demo: Commune, settings: Settings, moved_clock: Callable[[datetime], None]
) -> None:
    with serving() as server:
        settings.LPS_OVH_URL = server.url
        moved_clock(NOON)
        change_sending(provider="ovh", credentials=OVH_KEYS, sender="MAIRIE", by=BY)
        numbers = [f"+336123456{n:02d}" for n in range(30)]
        post_sms_alike(numbers, text="Bonjour", by=BY, message_class=Class.SERVICE)
        OutboxMessage.objects.update(created_at=NOON)
        server.books.fault = "503"
        for quarter in range(24 * 4):
            moved_clock(NOON + timedelta(minutes=15 * quarter))
            drain_sms()
        assert server.books.taken == [] and not OutboxMessage.objects.exclude(state=State.WAITING).exists()

        server.books.fault = ""
        moved_clock(NOON + timedelta(hours=25))
        assert drain_sms().sent == 30

        assert sorted(one.number for one in server.books.taken) == numbers
        assert drain_sms().sent == 0


def test_known_and_unknown_numbers_take_the_same_work(in_demo: Commune) -> None:
    """The time of the process, which other work does not move: a known number takes neither more nor less."""
    subscribe(Topic.objects.all()[0])
    asked = {"known": NUMBER, "unknown": "+33698765432"}
    for number in asked.values():
        subscriptions.send_code(asked=Asked(do="open", number=number))
    took: dict[str, list[float]] = {"known": [], "unknown": []}

    for _ in range(40):
        for name, number in asked.items():
            began = process_time()
            subscriptions.send_code(asked=Asked(do="open", number=number))
            took[name].append(process_time() - began)

    assert 0.7 < median(took["known"]) / median(took["unknown"]) < 1.4


def test_a_code_tried_on_a_known_number_and_on_an_unknown_one_is_refused_alike(in_demo: Commune) -> None:
    subscribe(Topic.objects.all()[0])
    codes = [subscriptions.send_code(asked=Asked(do="open", number=number)).pk for number in (NUMBER, "+33698765432")]

    tried = [subscriptions.prove(pk=pk, code=code, at=clock.now()) for pk in codes for code in ("", "é", "0" * 9999)]

    assert tried == [None] * 6
