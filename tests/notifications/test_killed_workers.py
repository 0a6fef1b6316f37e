"""A worker killed in the middle of a thousand messages: e-mails all arrive, SMS never twice."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction

from lps.journal.actors import Actor
from lps.kernel import clock
from notifications.delivery import drain
from notifications.models import LEASE, Class, OutboxMessage, State
from notifications.services import Post, post_many
from notifications.services.sending import change_sending
from notifications.services.sms import post_sms_alike
from notifications.sms_delivery import NEVER_SEEN_AFTER, ask_back, drain_sms
from simulators.sms.server import APPLICATION, CONSUMER, SECRET, SERVICE, serving
from tenants import context
from tenants.models import Commune
from tests.notifications.conftest import FACTS
from tests.notifications.test_worker import started_worker, until

BY = Actor.system("test")
NUMBER = 1000
KEYS = {"application_key": APPLICATION, "application_secret": SECRET, "consumer_key": CONSUMER, "service": SERVICE}


def leases_end() -> None:
    """Let the time pass after which what a killed worker held is taken back."""
    past = clock.real_now() - LEASE - NEVER_SEEN_AFTER - timedelta(seconds=1)
    OutboxMessage.objects.filter(claimed_at__isnull=False).update(claimed_at=past)
    OutboxMessage.objects.exclude(state=State.SENT).update(due_at=past)


@pytest.mark.soak
def test_a_thousand_emails_survive_a_killed_worker(own_commune: Commune, postbox: Any, tmp_path: Path) -> None:
    cache.clear()
    postbox.pause = 0.001
    with started_worker(tmp_path, postbox) as worker, context.use(own_commune):
        with transaction.atomic():
            posts = [Post(to=f"famille{n}@example.org", facts=FACTS) for n in range(NUMBER)]
            post_many(posts, template="courrier/emails/bonjour", by=BY)
        until(lambda: len(postbox.mails) > 300, why=lambda: worker.log, seconds=60)
        worker.kill()
        assert len(postbox.mails) < NUMBER, "it was killed too late"
        leases_end()
        drain()

        assert set(OutboxMessage.objects.values_list("state", flat=True)) == {State.SENT}
    counts = Counter(postbox.message_ids)
    assert len(counts) == NUMBER
    assert sum(counts.values()) <= NUMBER + 1, "at most one repeat per killed process"


@pytest.mark.soak
def test_a_thousand_sms_of_a_killed_worker_never_leave_twice(
    own_commune: Commune, postbox: Any, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    with serving() as server:
        monkeypatch.setenv("OVH_URL", server.url)
        settings.LPS_OVH_URL = server.url
        server.books.pause = 0.002
        with started_worker(tmp_path, postbox) as worker, context.use(own_commune):
            change_sending(provider="ovh", credentials=KEYS, sender="MAIRIE", by=BY)
            with transaction.atomic():
                numbers = [f"+3361234{n:04d}" for n in range(NUMBER)]
                post_sms_alike(numbers, text="Bonjour", by=BY, message_class=Class.SERVICE)
            until(lambda: len(server.books.taken) > 300, why=lambda: worker.log, seconds=60)
            worker.kill()
            assert len(server.books.taken) < NUMBER, "it was killed too late"
            in_flight = OutboxMessage.objects.filter(state=State.UNKNOWN).count()
            assert in_flight <= 1
            leases_end()
            server.books.pause = 0.0
            drain_sms()
            ask_back()

            states = Counter(OutboxMessage.objects.values_list("state", "last_error"))
        counts = Counter(one.number for one in server.books.taken)
    never_seen = states[(State.DEAD, "never_seen")]
    assert set(counts.values()) == {1}
    assert states[(State.SENT, "")] == len(counts) == NUMBER - never_seen
    assert never_seen <= in_flight
