"""The console's own traces have a term: visits, notices and what operators did a year, what proves something five."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from lps.console import forgetting
from lps.console.models import Visit
from lps.console.words import ACTIONS
from lps.journal import retention
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.services import record
from lps.kernel import clock
from tenants import context
from tenants.models import Commune, Notice


def test_a_year_after_their_end_visits_and_notices_are_forgotten_and_the_journal_says_how_many(demo: Commune) -> None:
    now = clock.real_now()
    with context.public():
        for ended_at in (now - retention.KEPT - timedelta(hours=1), now - retention.KEPT + timedelta(hours=1)):
            began = ended_at - timedelta(hours=1)
            Visit.objects.create(commune=demo, operator=1, reason="Aider", asked_at=began, ends_at=ended_at)
            Notice.objects.create(kind="announcement", text="Bonjour", starts_at=began, ends_at=ended_at)

        assert (forgetting.forget_old(now=now), forgetting.forget_old(now=now)) == (2, 0)

        assert [Visit.objects.get().ends_at, Notice.objects.get().ends_at] == [ended_at, ended_at]
        assert AuditEntry.objects.get(action="data_purged").after == {"visits": 1, "notices": 1}


def test_what_operators_did_is_kept_a_year_and_what_became_of_a_commune_five(demo: Commune) -> None:
    now, hour = clock.real_now(), timedelta(hours=1)
    ages = {
        "sign_in": (retention.KEPT + hour, retention.KEPT - hour),
        "commune_state_changed": (forgetting.PROVED + hour, forgetting.PROVED - hour),
    }
    with context.public():
        for action, (old, young) in ages.items():
            for subject, age in (("old", old), ("young", young)):
                record(by=Actor.system("essai"), channel=Channel.WEB, action=action, subject=subject, at=now - age)

        assert (forgetting.forget_old(now=now), forgetting.forget_old(now=now)) == (2, 0)

        kept = AuditEntry.objects.filter(action__in=ages).values_list("action", "subject")
        assert sorted(kept) == [(action, "young") for action in sorted(ages)]
        assert AuditEntry.objects.get(action="data_purged").after == {"audit_entries": 2}
        with pytest.raises(IntegrityError), transaction.atomic():
            AuditEntry.objects.filter(subject="young").delete()


def test_every_proof_is_an_action_of_the_journal() -> None:
    assert set(forgetting.PROOFS) <= set(ACTIONS)
