"""A run's worker killed on its way, two agents who click at once, two workers who take one run: done whole, once."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from billing.models import BillingRun, RunWork
from billing.services import runs, work
from lps.families.models import Household
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from notifications.models import OutboxMessage
from notifications.services import prove_address
from tenants.models import Commune
from tests.billing import factories
from tests.live import Copy
from tests.races.crowd import at_once
from tests.races.killing import BEGIN, FINISH, killed_after, let_nobody_hold, next_worker
from tests.races.test_races_runs import FAMILIES, checked

NADIA = Actor(ActorKind.AGENT, "12", "Nadia")
AT = datetime(2012, 2, 3, 9, 0, tzinfo=UTC)
MAIL = "billing/emails/invoice"
CROWD = 8
Kind, State = RunWork.Kind, RunWork.State
HERE = "billing.services"
WORK = "from billing.services import work; work.work_asked()"


def asked(kind: Kind) -> BillingRun:
    """A run that an agent asked a worker to compute, or to publish, in a town whose families proved an address."""
    for home in Household.objects.order_by("pk")[:FAMILIES]:
        value = f"parent{home.pk}@example.org"
        prove_address(holder=home.holder, value=value, consent="essai", by=NADIA, channel=Channel.WEB)
    if kind == Kind.COMPUTE:
        run = factories.run()
    else:
        run = runs.validate(run=checked(0), version=1, by=NADIA, at=AT, today=AT.date())
    assert work.ask(run=run, kind=kind, by=NADIA)
    return run


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (Kind.COMPUTE, BEGIN),
        (Kind.COMPUTE, f"{HERE}.computing.throw_away"),
        (Kind.COMPUTE, f"{HERE}.computing.write_drafts"),
        (Kind.COMPUTE, FINISH),
        (Kind.PUBLISH, BEGIN),
        (Kind.PUBLISH, f"{HERE}.runs._tell"),
        (Kind.PUBLISH, FINISH),
    ],
)
def test_a_worker_killed_at_a_step_is_followed_by_one_that_does_all_once(copy: Copy, kind: Kind, step: str) -> None:
    with copy.inside("buchelay"):
        run = asked(kind)
        connection.close()

        killed_after(copy, step, act=WORK)

        left = RunWork.objects.get(run=run)
        run.refresh_from_db()
        assert (left.state, left.tries) == (State.WORKING, 1)
        assert (run.version, run.published_at) == (0 if kind == Kind.COMPUTE else 1, None)
        assert OutboxMessage.objects.filter(template=MAIL).count() == 0
        assert (next_worker(work.work_asked), work.work_asked()) == (1, 0)
        run.refresh_from_db()
        assert RunWork.objects.get(run=run).state == State.DONE
        assert run.version == 1
        if kind == Kind.PUBLISH:
            assert run.published_at is not None
            assert OutboxMessage.objects.filter(template=MAIL).count() == FAMILIES


@pytest.mark.parametrize("kind", [Kind.COMPUTE, Kind.PUBLISH])
def test_agents_who_click_at_once_ask_once(town: Commune, kind: Kind) -> None:
    run = asked(kind)
    RunWork.objects.all().delete()
    before = AuditEntry.objects.filter(action__endswith="_asked").count()

    done = at_once(town, [lambda: work.ask(run=run, kind=kind, by=NADIA)] * CROWD)

    assert sorted(map(str, done)) == ["False"] * (CROWD - 1) + ["True"]
    assert AuditEntry.objects.filter(action__endswith="_asked").count() == before + 1


@pytest.mark.parametrize("held", [True, False], ids=["work held", "work not held"])
def test_two_workers_who_take_one_run_compute_it_once(
    town: Commune, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    run = asked(Kind.COMPUTE)
    if not held:
        let_nobody_hold(monkeypatch)

    done = at_once(town, [work.work_asked, work.work_asked])

    assert not [one for one in done if isinstance(one, Exception)]
    run.refresh_from_db()
    assert run.version == (1 if held else 2)
