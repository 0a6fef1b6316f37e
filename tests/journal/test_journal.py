"""The journal is written once; the database itself refuses to change it."""

import pytest
from django.db import IntegrityError, connection, transaction

from lps.journal import services
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.operations import purging
from tenants.models import Commune

BY = Actor.system("test")


@pytest.fixture
def entry(in_demo: Commune) -> AuditEntry:
    services.record(by=BY, channel=Channel.WEB, action="tested", subject="test:1", after={"a": 1})
    return AuditEntry.objects.get(subject="test:1")


def test_an_entry_says_who_what_and_through_which_door(entry: AuditEntry) -> None:
    assert (entry.actor_label, entry.get_channel_display(), entry.after) == ("test", "web", {"a": 1})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_auditentry SET action = 'forged'",
        "DELETE FROM journal_auditentry",
        "TRUNCATE journal_auditentry",
    ],
)
def test_the_database_refuses_to_change_it(entry: AuditEntry, statement: str) -> None:
    with pytest.raises(IntegrityError, match="refuse_change"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    entry.refresh_from_db()
    assert entry.action == "tested"


def test_only_the_purge_lifts_it_and_only_for_itself(entry: AuditEntry) -> None:
    with purging():
        AuditEntry.objects.filter(pk=entry.pk).delete()
    assert not AuditEntry.objects.filter(pk=entry.pk).exists()

    services.record(by=BY, channel=Channel.WEB, action="tested", subject="test:2")
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()
