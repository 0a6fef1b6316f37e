"""Writing a message: in the caller's transaction, sealed, once."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import get_connection
from django.db import transaction
from django.template import TemplateDoesNotExist

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications import facts as fact_text
from notifications import queries
from notifications.addresses import BadAddress
from notifications.delivery import CannotWrite, claim_batch, deliver
from notifications.models import FACTS_PURPOSE, OutboxMessage, State
from notifications.services import NotDead, Post, post, post_many, resend
from tenants import context, keys
from tenants.models import Commune
from tests.notifications.conftest import FACTS
from tests.sql import counted

BONJOUR = "courrier/emails/bonjour"
BY = Actor.system("test")
Write = Callable[..., OutboxMessage]


def test_a_message_waits_sealed_under_the_communes_key(in_demo: Commune, write: Write) -> None:
    message = write("Angeline.Marsone@Example.org")

    stored = OutboxMessage.objects.values().get(pk=message.pk)
    assert stored["state"] == State.WAITING
    assert "marsone" not in str(stored).casefold() and "Angéline" not in str(stored)
    assert message.address == "Angeline.Marsone@example.org"


def test_facts_come_back_as_they_were(in_demo: Commune, write: Write) -> None:
    message = write()

    opened = fact_text.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))

    assert {name: type(value).__name__ for name, value in opened.items()} == {
        "prenom": "str",
        "jour": "date",
        "heure": "datetime",
        "montant": "Decimal",
    }


def test_the_same_key_writes_one_message(in_demo: Commune, write: Write) -> None:
    first = write(dedup_key="facture:12")

    again = write(dedup_key="facture:12", facts={"prenom": "une autre"})

    assert again == first
    assert OutboxMessage.objects.count() == 1


def test_many_are_written_in_one_statement_each_sealed_with_its_own_facts_and_mark(
    in_demo: Commune, write: Write
) -> None:
    alone = write("seule@example.org")
    posts = [Post(to=f"Famille{n}@Example.org", facts={**FACTS, "prenom": f"Zoé {n}"}) for n in range(3)]

    with counted() as statements:
        number = post_many([*posts, Post(to="nobody", facts=FACTS)], template=BONJOUR, by=BY)

    rows = OutboxMessage.objects.exclude(pk=alone.pk).order_by("pk")
    assert (number, len(statements)) == (3, 1)
    assert [row.address for row in rows] == [f"Famille{n}@example.org" for n in range(3)]
    opened = [fact_text.loads(keys.decrypt(row.facts, purpose=FACTS_PURPOSE)) for row in rows]
    assert opened == [post.facts for post in posts]
    assert not any("famille" in row.to.casefold() or "Zoé" in row.facts for row in rows)
    host = alone.message_id.partition("@")[2]
    assert all(re.fullmatch(rf"<[0-9a-f]{{32}}@{re.escape(host)}", row.message_id) for row in rows)
    assert len({row.message_id for row in rows}) == 3
    own = ("id", "to", "facts", "message_id", "dedup_key", "created_at", "due_at")
    common = [{name: value for name, value in row.items() if name not in own} for row in OutboxMessage.objects.values()]
    assert all(row == common[0] for row in common), "as a message written alone"


def test_of_many_a_key_is_written_once(in_demo: Commune) -> None:
    keyed = [Post(to="a@example.org", facts=FACTS, dedup_key=key) for key in ("lundi", "lundi", "mardi")]

    assert post_many(keyed, template=BONJOUR, by=BY) == 2
    assert post_many(keyed, template=BONJOUR, by=BY) == 0

    assert sorted(OutboxMessage.objects.values_list("dedup_key", flat=True)) == ["lundi", "mardi"]


def test_messages_without_a_key_are_never_taken_for_each_other(in_demo: Commune, write: Write) -> None:
    assert write() != write()


@pytest.mark.parametrize(
    "to", ["", "angeline", "a@b@c", "a@example.org\nBcc: x@example.org", "Angéline <a@example.org>"]
)
def test_refuses_what_is_no_address_without_repeating_it(in_demo: Commune, write: Write, to: str) -> None:
    with pytest.raises(BadAddress) as refused:
        write(to)

    assert not to or to not in str(refused.value)
    assert not OutboxMessage.objects.exists()


def test_refuses_a_template_that_is_not_whole(in_demo: Commune, write: Write) -> None:
    with pytest.raises(TemplateDoesNotExist):
        write(template="courrier/emails/inconnu")

    assert not OutboxMessage.objects.exists()


def test_refuses_facts_that_no_template_could_show_tomorrow(in_demo: Commune, write: Write) -> None:
    with pytest.raises(TypeError, match="Commune"):
        write(facts={"commune_entiere": in_demo})


def test_a_message_for_later_is_not_due(in_demo: Commune, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(due_at=clock.now() + timedelta(hours=3))

    assert claim_batch() == []

    monkeypatch.setenv("LPS_CLOCK", "+181m")
    assert len(claim_batch()) == 1


def test_outside_of_any_commune_nothing_is_posted(db: None) -> None:
    with context.public(), pytest.raises(context.NoCommune):
        post(to="a@example.org", template="courrier/emails/bonjour", facts={}, by=BY)


def test_another_communes_key_does_not_open_it(demo: Commune, buchelay: Commune, write: Write) -> None:
    with context.use(demo):
        message = write()
    with context.use(buchelay):
        assert not OutboxMessage.objects.exists()
        with pytest.raises(keys.KeyLost):
            _ = message.address


def test_a_row_carried_to_another_commune_is_not_sent(
    demo: Commune, buchelay: Commune, write: Write, mailoutbox: list[object]
) -> None:
    with context.use(demo):
        write()
        row = OutboxMessage.objects.values().get()
    with context.use(buchelay):
        OutboxMessage.objects.create(**row)
        (message,) = claim_batch()

        with pytest.raises(CannotWrite, match="KeyLost"):
            deliver(message, connection=get_connection())

        message.refresh_from_db()
        assert (message.state, message.last_error) == (State.WAITING, "internal")
    assert mailoutbox == []


def test_a_dead_letter_is_sent_again_by_hand_and_journaled(in_demo: Commune, write: Write) -> None:
    message = write()
    OutboxMessage.objects.update(state=State.DEAD, attempts=50, last_error="recipient_refused 550")
    assert list(queries.dead_letters()) == [message]

    revived = resend(message=message, by=BY)

    assert (revived.state, revived.attempts, revived.message_id) == (State.WAITING, 0, message.message_id)
    assert list(queries.dead_letters()) == []
    entry = AuditEntry.objects.get(action="message_sent_again")
    assert (entry.subject, entry.channel) == (f"message:{message.pk}", Channel.OFFICE)


@pytest.mark.parametrize("state", [State.WAITING, State.SENT])
def test_only_a_dead_letter_is_sent_again(in_demo: Commune, write: Write, state: State) -> None:
    message = write()
    OutboxMessage.objects.update(state=state, sent_at=clock.now())

    with pytest.raises(NotDead), transaction.atomic():
        resend(message=message, by=BY)

    assert OutboxMessage.objects.get().state == state
    assert not AuditEntry.objects.filter(action="message_sent_again").exists()
