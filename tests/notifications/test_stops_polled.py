"""STOP at a provider that has to be asked: learned on the wire, once, and forgotten there when the number is proved."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import Blocked, Consent, OutboxMessage, Topic
from notifications.services.sending import change_sending
from notifications.services.sms import PLAIN, number_lookup, post_sms
from notifications.sms_delivery import drain_sms
from notifications.stops import read_stops
from notifications.tasks import read_stops as task
from simulators.sms.server import Server, serving
from tenants.models import Commune
from tests.notifications.test_delivery_races import two_at_once
from tests.notifications.test_sms_providers import BY, OVH_KEYS
from tests.notifications.test_subscriptions import NUMBER, OTHER, subscribe
from tests.sql import counted


@pytest.fixture
def ovh(in_demo: Commune, settings: Settings) -> Iterator[Server]:
    """A commune that sends by OVHcloud, simulated."""
    with serving() as server:
        settings.LPS_OVH_URL = server.url
        change_sending(provider="ovh", credentials=OVH_KEYS, sender="MAIRIE", by=BY)
        yield server


def topics() -> list[Topic]:
    return list(Topic.objects.all())[:2]


def told(action: str) -> int:
    return AuditEntry.objects.filter(action=action).count()


def standing() -> int:
    return Consent.objects.filter(ended_at=None).count()


def stop_at_ovh(server: Server, number: str, *, after: timedelta = timedelta(0)) -> None:
    server.books.stopped.append(number)
    server.books.stopped_at[number] = (clock.now() + after).isoformat(timespec="seconds")


def test_who_answered_stop_at_the_provider_is_stopped_here_once(ovh: Server) -> None:
    subscribe(*topics())
    stop_at_ovh(ovh, NUMBER)
    stop_at_ovh(ovh, OTHER.lstrip("+"))
    ovh.books.stopped += ["+15005550006", "nobody", ""]

    assert [read_stops(), read_stops()] == [2, 0]

    assert (standing(), set(Consent.objects.values_list("ended_by", flat=True))) == (0, {"sms"})
    assert Blocked.objects.filter(why=Blocked.Why.STOP, lifted_at=None).count() == 2
    assert (told("sms_subscription_stopped"), told("address_blocked")) == (1, 2)
    post_sms(to=OTHER, template=PLAIN, facts={"text": "Bonjour"}, by=BY)
    OutboxMessage.objects.exclude(template=PLAIN).delete()
    assert drain_sms().sent == 0 and ovh.books.taken == []


def test_who_proves_the_number_again_is_taken_off_the_providers_list(ovh: Server) -> None:
    subscribe(topics()[0])
    stop_at_ovh(ovh, NUMBER, after=timedelta(minutes=-1))
    read_stops()
    subscribe(topics()[1])

    assert read_stops() == 0

    assert (ovh.books.stopped, standing()) == ([], 1)
    assert not Blocked.objects.filter(lifted_at=None).exists()


def test_a_second_stop_ends_the_second_consent(ovh: Server) -> None:
    subscribe(topics()[0])
    stop_at_ovh(ovh, NUMBER, after=timedelta(minutes=-1))
    read_stops()
    subscribe(topics()[1])
    ovh.books.stopped.clear()
    stop_at_ovh(ovh, NUMBER, after=timedelta(minutes=1))

    assert [read_stops(), read_stops()] == [1, 0]

    assert (standing(), ovh.books.stopped) == (0, [NUMBER])
    assert Blocked.objects.filter(lookup=number_lookup(NUMBER)).count() == 2


@pytest.mark.parametrize("fault", ["500", "503", "401", "garbled", "cut"])
def test_a_list_that_cannot_be_read_changes_nothing(ovh: Server, fault: str) -> None:
    subscribe(*topics())
    stop_at_ovh(ovh, NUMBER)
    ovh.books.fault = fault

    assert read_stops() == 0

    assert standing() == 2
    ovh.books.fault = ""
    assert read_stops() == 1


@pytest.mark.parametrize("date", ["", "hier", "2014-10-08T15:20:00"])
def test_a_line_without_its_date_stops_nobody_again_and_stays(ovh: Server, date: str) -> None:
    subscribe(topics()[0])
    stop_at_ovh(ovh, NUMBER, after=timedelta(minutes=-1))
    read_stops()
    subscribe(topics()[1])
    ovh.books.stopped_at[NUMBER] = date

    assert read_stops() == 0

    assert (standing(), ovh.books.stopped) == (1, [NUMBER])


def test_a_long_list_known_already_costs_two_statements(ovh: Server) -> None:
    for n in range(30):
        stop_at_ovh(ovh, f"+336123456{n:02d}")
    read_stops()

    with counted() as statements:
        read_stops()

    assert len(statements) == 2


@pytest.mark.parametrize("provider", ["", "console"])
def test_without_such_a_provider_nothing_is_asked(in_demo: Commune, provider: str) -> None:
    change_sending(provider=provider, by=BY)

    task.apply(headers={"commune": in_demo.slug}, throw=True)

    assert not Blocked.objects.exists()


def test_two_readings_at_once_end_a_consent_once(own_commune: Commune, settings: Settings) -> None:
    from notifications.delivery import Drained
    from notifications.services.sms_service import save_topic
    from tenants import context

    with serving() as server:
        settings.LPS_OVH_URL = server.url
        server.books.pause = 0.05
        with context.use(own_commune):
            change_sending(provider="ovh", credentials=OVH_KEYS, sender="MAIRIE", by=BY)
            subscribe(save_topic(topic=None, name="Infos", order=1, by=BY))
        stop_at_ovh(server, NUMBER)
        results = two_at_once(own_commune, lambda: Drained(sent=read_stops()))
        with context.use(own_commune):
            assert (standing(), told("sms_subscription_stopped"), told("address_blocked")) == (0, 1, 1)
        connection.close()
    assert 1 <= sum(one.sent for one in results) <= 2
