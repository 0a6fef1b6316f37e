"""Two workers under one cap: the money of the month is spent once."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from lps.journal.actors import Actor
from lps.kernel import clock
from notifications import sms_cap
from notifications.models import Class, OutboxMessage, SendingSettings, State
from notifications.services.sending import change_sending
from notifications.services.sms import post_sms_alike
from notifications.sms_cap import spent_this_month
from notifications.sms_delivery import drain_sms
from simulators.sms.server import APPLICATION, CONSUMER, SECRET, SERVICE, Server, serving
from tenants import context
from tenants.models import Commune
from tests.notifications.test_delivery_races import two_at_once
from tests.races.crowd import meeting

BY = Actor.system("test")
KEYS = {"application_key": APPLICATION, "application_secret": SECRET, "consumer_key": CONSUMER, "service": SERVICE}
MESSAGES, PAID = 40, 25


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    with serving() as running:
        settings.LPS_OVH_URL = running.url
        yield running


@pytest.fixture
def town(own_commune: Commune, server: Server) -> Commune:
    """Forty SMS to send, and money for twenty-five."""
    with context.use(own_commune):
        change_sending(
            provider="ovh",
            credentials=KEYS,
            sender="MAIRIE",
            part_price=Decimal("0.07"),
            monthly_cap=Decimal("0.07") * PAID,
            by=BY,
        )
        with transaction.atomic():
            numbers = [f"+3361234{n:04d}" for n in range(MESSAGES)]
            post_sms_alike(numbers, text="Bonjour", by=BY, message_class=Class.SERVICE)
    return own_commune


def reading_together() -> Callable[..., Any]:
    """The first two reads of what was spent wait for each other; the next ones do not."""
    read, met = sms_cap.spent_this_month, meeting(2, sms_cap.spent_this_month)
    times = iter((met, met))
    return lambda **rest: next(times, read)(**rest)


def test_without_the_lock_two_workers_spend_the_same_money(
    town: Commune, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms_cap, "_held_settings", lambda: SendingSettings.objects.get())
    monkeypatch.setattr(sms_cap, "spent_this_month", reading_together())

    two_at_once(town, drain_sms)

    assert len(server.books.taken) > PAID


def test_two_workers_never_pass_the_cap_together(town: Commune, server: Server) -> None:
    server.books.pause = 0.01

    done = two_at_once(town, drain_sms)

    assert len(server.books.taken) == PAID
    assert min(one.sent for one in done) > 0, "one of the two found nothing to do: there was no race"
    with context.use(town):
        assert spent_this_month(now=clock.now()) == Decimal("0.07") * PAID
        given_up = OutboxMessage.objects.filter(state=State.DEAD, last_error="monthly_cap", cost=None)
        assert given_up.count() == MESSAGES - PAID


def test_what_a_killed_worker_reserved_counts_until_it_is_taken_back(town: Commune, server: Server) -> None:
    with context.use(town):
        OutboxMessage.objects.update(
            state=State.SENDING, claim="00000000-0000-0000-0000-000000000001", claimed_at=clock.now(), cost="0.07"
        )
        held = list(OutboxMessage.objects.all())

        assert spent_this_month(now=clock.now()) == Decimal("0.07") * MESSAGES
        assert spent_this_month(now=clock.now(), besides=held) == 0
