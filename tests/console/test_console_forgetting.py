"""The console's own traces have a term: visits and notices go a year after their end."""

from datetime import timedelta

from lps.console import forgetting
from lps.console.models import Visit
from lps.journal import retention
from lps.journal.models import AuditEntry
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
