"""Sending to a real mail server: what leaves, and what each of its answers means."""

import logging
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import get_connection

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from notifications import backoff, queries
from notifications.delivery import CannotWrite, claim_batch, deliver, drain
from notifications.models import Blocked, OutboxMessage, SendingSettings, State
from notifications.services import prove_address, resend
from notifications.services.blocking import block_address
from notifications.services.sending import change_sending
from tenants.models import Commune
from tenants.queries import host_of

BY = Actor.system("test")
WRONG = "courrier/emails/fautif"
Write = Callable[..., OutboxMessage]


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_a_mail_leaves_in_french_in_the_communes_name_and_zone(
    in_buchelay: Commune, write: Write, postbox: Any
) -> None:
    message = write()

    done = drain()

    (mail,) = postbox.mails
    assert (done.sent, done.failed) == (1, 0)
    assert mail["Subject"] == "Bonjour Angéline : Ville de Buchelay"
    assert mail["To"] == "angeline@example.org"
    assert parseaddr(str(mail["From"])) == ("Ville de Buchelay", f"ne-pas-repondre@{host_of(in_buchelay)}")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "fr"
    assert mail["Message-ID"] == message.message_id
    assert postbox.envelopes == [(f"ne-pas-repondre@{host_of(in_buchelay)}", ["angeline@example.org"])]
    message.refresh_from_db()
    assert (message.state, message.attempts, message.claim) == (State.SENT, 1, None)
    assert message.sent_at is not None


def test_the_town_chooses_who_it_writes_as_and_where_answers_go(
    in_buchelay: Commune, write: Write, postbox: Any
) -> None:
    change_sending(
        by=BY, email_name="Service scolaire - Buchelay é", email_local="scolaire", reply_to="ecoles@buchelay.example"
    )
    write()

    drain()

    [mail] = postbox.mails
    address = f"scolaire@{host_of(in_buchelay)}"
    assert parseaddr(str(mail["From"])) == ("Service scolaire - Buchelay é", address)
    assert parseaddr(str(mail["Reply-To"])) == ("", "ecoles@buchelay.example")
    assert postbox.envelopes == [(address, ["angeline@example.org"])]
    for kind in ("plain", "html"):
        assert "la mairie vous lira" in part(mail, kind) and "ne pas y répondre" not in part(mail, kind)


@pytest.mark.parametrize(
    "way", ["\r\nBcc: voisin@example.org", "\nBcc: voisin@example.org", "\u2028Bcc: x", "\x00", "\x1b"]
)
@pytest.mark.parametrize(
    ("field", "before"), [("email_name", "Mairie"), ("email_local", "mairie"), ("reply_to", "mairie@example.org")]
)
def test_nothing_typed_there_becomes_another_header(in_buchelay: Commune, field: str, before: str, way: str) -> None:
    with pytest.raises(ValidationError):
        change_sending(by=BY, **{field: f"{before}{way}"})

    assert not getattr(queries.sending(), field)


@pytest.mark.parametrize(
    "fact", ["Zoé\r\nBcc: voisin@example.org", "Zoé\nX-Autre: 1", "Zoé\x0bBcc: x", "Zoé\u2028Bcc: x"]
)
def test_a_name_in_the_subject_begins_no_header(in_buchelay: Commune, write: Write, postbox: Any, fact: str) -> None:
    write(facts={"prenom": fact})

    drain()

    [mail] = postbox.mails
    assert mail["Bcc"] is None and mail["X-Autre"] is None
    assert postbox.envelopes[0][1] == ["angeline@example.org"]
    assert str(mail["Subject"]).strip().startswith("Bonjour Zoé")


def test_a_blocked_address_is_skipped_and_the_link_that_proves_it_again_leaves(
    in_buchelay: Commune, write: Write, postbox: Any
) -> None:
    block_address("Partie@Example.org", why=Blocked.Why.BOUNCE)
    gone, proof, here = write("partie@example.org"), write("partie@example.org", despite_block=True), write()

    done = drain()

    gone.refresh_from_db()
    assert (gone.state, gone.last_error) == (State.DEAD, "blocked")
    assert (done.sent, done.failed) == (2, 1)
    assert {str(mail["Message-ID"]) for mail in postbox.mails} == {proof.message_id, here.message_id}
    prove_address(holder="household:1", value="partie@example.org", consent="essai", by=BY, channel=Channel.WEB)
    resend(message=gone, by=BY)
    assert drain().sent == 1


def test_a_commune_that_never_set_its_sending_sends_in_its_own_name(
    in_demo: Commune, write: Write, postbox: Any
) -> None:
    SendingSettings.objects.all().delete()
    write()

    assert drain().sent == 1

    assert "ne-pas-repondre@" in str(postbox.mails[0]["From"])


def test_text_and_html_say_the_same(in_demo: Commune, write: Write, postbox: Any) -> None:
    write(facts={"prenom": "Zoé <3"})

    drain()

    text, html = part(postbox.mails[0], "plain"), part(postbox.mails[0], "html")
    assert "Bonjour Zoé <3 & sa famille" in text
    assert "Bonjour Zoé &lt;3 &amp; sa famille" in html
    for body in (text, html):
        assert "Mairie de démonstration" in body
        assert "Ce message est envoyé automatiquement" in body
    assert '<html lang="fr"' in html
    assert "style=" not in html


def test_days_and_hours_are_written_in_french_and_local(in_demo: Commune, write: Write, postbox: Any) -> None:
    write()

    drain()

    for kind in ("plain", "html"):
        assert "mercredi 8 octobre 2014 à 17h20, 12,50 €" in part(postbox.mails[0], kind).replace("\u00a0", " ")


def test_one_connection_serves_a_whole_drain(in_demo: Commune, write: Write, postbox: Any) -> None:
    for number in range(25):
        write(f"famille{number}@example.org")

    assert drain().sent == 25

    assert len(postbox.mails) == 25
    assert postbox.connections == 1


def test_an_empty_outbox_opens_no_connection(in_demo: Commune, postbox: Any) -> None:
    assert drain().sent == 0

    assert postbox.connections == 0


def test_what_was_sent_is_not_sent_again(in_demo: Commune, write: Write, postbox: Any) -> None:
    write()

    drain()
    drain()

    assert len(postbox.mails) == 1


def test_a_refused_recipient_is_given_up_and_holds_up_nobody(in_demo: Commune, write: Write, postbox: Any) -> None:
    postbox.recipients["partie@example.org"] = "550 5.1.1 no such user partie@example.org"
    gone, here = write("partie@example.org"), write("angeline@example.org")

    done = drain()

    gone.refresh_from_db()
    here.refresh_from_db()
    assert (done.sent, done.failed) == (1, 1)
    assert (gone.state, gone.last_error, gone.attempts) == (State.DEAD, "recipient_refused 550", 1)
    assert here.state == State.SENT


def test_a_dead_letter_sent_again_keeps_its_message_id(in_demo: Commune, write: Write, postbox: Any) -> None:
    postbox.recipients["partie@example.org"] = "550 no such user"
    message = write("partie@example.org")
    drain()
    postbox.recipients.clear()

    resend(message=message, by=BY)
    drain()

    message.refresh_from_db()
    assert message.state == State.SENT
    assert postbox.message_ids == [message.message_id]


def test_a_busy_mailbox_is_tried_again_a_minute_later(
    in_demo: Commune, write: Write, postbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    postbox.recipients["angeline@example.org"] = "451 4.3.2 try again later"
    message = write()
    drain()
    message.refresh_from_db()
    assert (message.state, message.last_error) == (State.WAITING, "recipient_refused 451")
    postbox.recipients.clear()

    drain()
    assert postbox.mails == []

    monkeypatch.setenv("LPS_CLOCK", "+1m")
    drain()
    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == (State.SENT, 2, "")


def test_a_message_refused_after_its_text_is_tried_again(in_demo: Commune, write: Write, postbox: Any) -> None:
    postbox.data_answer = "452 4.2.2 quota of the day"
    message = write()

    done = drain()

    message.refresh_from_db()
    assert not done.outage
    assert (message.state, message.last_error) == (State.WAITING, "message_refused 452")


@pytest.mark.parametrize("step", ["recipient", "data"])
def test_a_server_that_is_closing_stops_the_drain(in_demo: Commune, write: Write, postbox: Any, step: str) -> None:
    answer = "421 4.3.2 closing"
    postbox.data_answer = answer if step == "data" else ""
    first, second = write("a@example.org"), write("b@example.org")
    postbox.recipients = {"a@example.org": answer} if step == "recipient" else {}

    done = drain()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (done.outage, done.failed) == (True, 1)
    assert (first.state, first.attempts) == (State.WAITING, 1)
    assert (second.state, second.attempts, second.claim) == (State.WAITING, 0, None)


def test_nobody_listening_costs_one_message_one_attempt(in_demo: Commune, write: Write, nobody_listens: None) -> None:
    messages = [write(f"famille{number}@example.org") for number in range(3)]

    done = drain()

    assert (done.sent, done.failed, done.outage) == (0, 1, True)
    for message in messages:
        message.refresh_from_db()
    assert [message.attempts for message in messages] == [1, 0, 0]
    assert {message.state for message in messages} == {State.WAITING}
    assert messages[0].last_error == "unreachable"


def test_after_the_last_attempt_it_is_given_up(in_demo: Commune, write: Write, nobody_listens: None) -> None:
    message = write()
    OutboxMessage.objects.update(attempts=backoff.MAX_ATTEMPTS - 1)

    drain()

    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.DEAD, backoff.MAX_ATTEMPTS)


def test_our_own_mistake_holds_up_nobody_and_is_told(in_demo: Commune, write: Write, postbox: Any) -> None:
    wrong, right = write(template=WRONG), write("angeline@example.org")

    with pytest.raises(ExceptionGroup) as told:
        drain()

    wrong.refresh_from_db()
    right.refresh_from_db()
    assert [type(error) for error in told.value.exceptions] == [CannotWrite]
    assert f"message {wrong.pk} ({WRONG})" in str(told.value.exceptions[0])
    assert (wrong.state, wrong.last_error, wrong.attempts) == (State.WAITING, "internal", 1)
    assert right.state == State.SENT


def test_whatever_happens_no_log_names_anybody(
    in_demo: Commune, write: Write, postbox: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    postbox.recipients["partie@example.org"] = "550 no such user partie@example.org"
    for to in ("angeline@example.org", "partie@example.org"):
        write(to)
    write("angeline@example.org", template=WRONG)

    with pytest.raises(ExceptionGroup) as told:
        drain()

    logging.getLogger("celery").error("task failed", exc_info=told.value)  # as a worker does
    ours = [record for record in caplog.records if record.name != "mail.log"]  # that one is the mail server's
    said = "\n".join(logging.Formatter().format(record) for record in ours)
    assert "recipient_refused 550" in said and "CannotWrite" in said
    assert "example.org" not in said and "Angéline" not in said


def test_a_claim_taken_back_by_another_worker_is_not_overwritten(in_demo: Commune, write: Write, postbox: Any) -> None:
    write()
    (slow,) = claim_batch()
    OutboxMessage.objects.update(claimed_at="2014-10-08T00:00Z")
    (quick,) = claim_batch()

    with get_connection() as connection:
        assert deliver(slow, connection=connection) is None

    quick.refresh_from_db()
    assert (quick.state, quick.claim != slow.claim) == (State.SENDING, True)


def test_a_message_that_kills_every_worker_ends_as_a_dead_letter(in_demo: Commune, write: Write) -> None:
    message = write()
    claim_batch()
    OutboxMessage.objects.update(attempts=backoff.MAX_ATTEMPTS, claimed_at="2014-10-08T00:00Z")

    assert claim_batch() == []

    message.refresh_from_db()
    assert (message.state, message.last_error, message.claim) == (State.DEAD, "worker_killed", None)


def test_the_waits_grow_to_an_hour_and_end_after_two_days() -> None:
    waits = [backoff.delay_after(attempts) for attempts in range(1, backoff.MAX_ATTEMPTS + 1)]

    minutes = [wait.total_seconds() / 60 for wait in waits if wait]
    assert minutes[:5] == [1, 5, 15, 60, 60]
    assert sum(minutes) > 45 * 60
    assert waits[-1] is None
