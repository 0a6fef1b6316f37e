"""Every kind of message is carried away: whoever adds one reads here what is still missing."""

from typing import Any

import pytest

from lps.config.celery import app
from lps.config.tick import SCHEDULE
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications import services
from notifications.carriers import CARRIERS
from notifications.models import Kind, OutboxMessage, State
from notifications.services import resending
from tenants.models import Commune

BY = Actor.system("test")


def dead(kind: Kind) -> OutboxMessage:
    made = services.post(to="a@example.org", template="families/emails/erased", facts={"family": "ESSAI"}, by=BY)
    OutboxMessage.objects.filter(pk=made.pk).update(kind=kind, state=State.DEAD, message_id="first")
    made.refresh_from_db()
    return made


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks asked for."""
    asked: list[str] = []
    for module in (services, resending):
        monkeypatch.setattr(module, "wake_after_commit", asked.append)
    return asked


def test_every_kind_has_its_carrier() -> None:
    assert set(CARRIERS) == set(Kind)
    assert len({carrier.task for carrier in CARRIERS.values()}) == len(Kind)
    assert len({carrier.fact for carrier in CARRIERS.values()}) == len(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_worker_knows_its_task_and_the_clock_asks_for_it_every_minute(kind: Kind) -> None:
    app.loader.import_default_modules()

    assert CARRIERS[kind].task in app.tasks
    assert [due.at for due in SCHEDULE if due.task == CARRIERS[kind].task] == [None]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("together", [False, True], ids=["alone", "with others"])
def test_what_is_sent_again_wakes_the_carrier_of_its_kind_and_no_other(
    in_demo: Commune, woken: list[str], kind: Kind, together: bool
) -> None:
    message, carrier = dead(kind), CARRIERS[kind]
    woken.clear()

    if together:
        rows = OutboxMessage.objects.filter(pk=message.pk)
        told: dict[str, Any] = {"subject": "messages", "by": BY, "channel": Channel.OFFICE, "at": clock.now()}
        assert resending.resend_many(rows, **told) == 1
    else:
        services.resend(message=message, by=BY)

    message.refresh_from_db()
    assert (message.state, woken) == (State.WAITING, [carrier.task])
    assert (message.message_id != "first") is carrier.at_most_once
    if together:
        after = {one.fact: int(one is carrier) for one in CARRIERS.values()}
        assert AuditEntry.objects.get(action="messages_sent_again").after == after
