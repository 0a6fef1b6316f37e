"""A save confirmed by e-mail with its receipt: off until asked for, one mail a save, through whatever door."""

import uuid
from datetime import date

import pytest

from booking.message_kinds import SAVE
from booking.services import confirming
from booking.services.bookings import change_bookings
from lps.families.models import Child, Household
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from notifications import facts as fact_text
from notifications.models import FACTS_PURPOSE, Address, Blocked, OutboxMessage
from notifications.render import compose
from notifications.services import preferences, prove_address, withdraw
from tenants import keys
from tenants.models import Commune
from tests.booking.october import (
    BUS_13H30,
    JEUDI_16,
    LUNDI_13,
    MARDI_14,
    MONDAY,
    MORNING,
    NOW,
    Autumn,
    ask,
    other_household,
    signed_in,
)
from tests.booking.test_periods import choose, offered
from tests.families.factories import BY
from tests.sql import Counted, counted

PAGE = "/messages/"


@pytest.fixture
def claire(marsone: Household, autumn: Autumn) -> Address:
    """An address of the family that asked for the receipt of each save."""
    return asks(prove(marsone, "claire@example.org"))


def prove(home: Household, email: str) -> Address:
    return prove_address(holder=home.holder, value=email, consent="essai", by=BY, channel=Channel.WEB)


def asks(address: Address) -> Address:
    wanted = preferences.choices_of([address])[address.pk] | {SAVE}
    preferences.choose(wishes={address: wanted}, by=BY, channel=Channel.WEB, at=NOW)
    return address


def told() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(template="booking/emails/saved").order_by("pk"))


def facts_of(mail: OutboxMessage) -> dict[str, object]:
    return fact_text.loads(keys.decrypt(mail.facts, purpose=FACTS_PURPOSE))


def cost(*args: object) -> Counted:
    with counted() as statements:
        saved = ask(*args)  # type: ignore[arg-type]
        assert saved.receipt
    return statements


def test_nothing_is_sent_to_an_address_that_did_not_ask(autumn: Autumn, marsone: Household, angeline: Child) -> None:
    prove(marsone, "claire@example.org")

    assert ask(angeline, marsone, autumn.book(BUS_13H30, JEUDI_16)).confirmed == 0

    assert told() == []


def test_it_is_asked_for_on_the_page_of_messages(
    demo: Commune, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    address, client = prove(marsone, "claire@example.org"), signed_in(marsone, angeline)
    page = client.get(PAGE).content.decode()
    assert f'name="messages-{address.pk}" value="save">' in page

    client.post(PAGE, {f"messages-{address.pk}": [SAVE]})
    ask(angeline, marsone, autumn.book(BUS_13H30, JEUDI_16))

    assert [mail.address for mail in told()] == ["claire@example.org"]


def test_one_mail_tells_the_whole_save_what_was_refused_and_its_receipt(
    claire: Address, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    autumn.places(BUS_13H30, MARDI_14, 0)

    saved = ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13, MARDI_14, JEUDI_16))

    [mail] = told()
    assert saved.receipt and saved.confirmed == 1
    written = compose(to=mail.address, template=mail.template, facts=facts_of(mail), message_id="<1@x>")
    for words in (
        "- Réservation : Transport scolaire 13h30, lundi 13/10/2014",
        "- Réservation : Transport scolaire 13h30, jeudi 16/10/2014",
        "N'a pas pu être enregistré :",
        "mardi 14/10/2014. ",
        f"/recus/{saved.receipt.number}/",
        "Fait par : famille MARSONE, web",
    ):
        assert words in str(written.body), written.body
    assert saved.receipt.number in str(written.body) and "/messages/arret/" in str(written.body)
    assert written.subject == "Modifications enregistrées : Angéline"


def test_a_form_sent_again_or_refused_confirms_nothing_more(
    claire: Address, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    jeton, changes = uuid.uuid4(), autumn.book(BUS_13H30, JEUDI_16)
    ask(angeline, marsone, changes, jeton=jeton)

    ask(angeline, marsone, changes, jeton=jeton)
    ask(angeline, marsone, autumn.book(BUS_13H30, date(2014, 10, 7)))

    assert len(told()) == 1


@pytest.mark.parametrize("why", ["withdrawn", "bounced", "stopped"])
def test_an_address_that_left_is_told_no_more(
    claire: Address, autumn: Autumn, marsone: Household, angeline: Child, why: str
) -> None:
    if why == "withdrawn":
        withdraw(address=claire, by=BY, channel=Channel.WEB)
    elif why == "bounced":
        Blocked.objects.create(kind="email", lookup=claire.lookup, why="bounce", at=NOW)
    else:
        stop = preferences.stop_of(preferences.stop_url(claire, SAVE).rstrip("/").rpartition("/")[2])
        assert stop
        preferences.stop(stopped=stop, by=BY, channel=Channel.WEB, at=NOW)

    ask(angeline, marsone, autumn.book(BUS_13H30, JEUDI_16))

    assert told() == []


def test_the_other_household_of_the_child_is_told_nothing(
    claire: Address, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    fathers = other_household(angeline)

    ask(angeline, fathers, autumn.book(BUS_13H30, JEUDI_16))

    assert told() == []


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        (Channel.OFFICE, "Claire, mairie : au guichet"),
        (Channel.VOICE, "Claire, serveur vocal"),
        (Channel.API, "Claire, API"),
    ],
)
def test_it_is_confirmed_through_whatever_door(
    claire: Address, autumn: Autumn, marsone: Household, angeline: Child, channel: Channel, said: str
) -> None:
    change_bookings(
        child=angeline,
        household=marsone,
        changes=autumn.book(BUS_13H30, JEUDI_16),
        by=Actor(ActorKind.AGENT, "1", "Claire"),
        channel=channel,
        received_at=NOW,
        jeton=uuid.uuid4(),
        reason="au guichet" if channel == Channel.OFFICE else "",
    )

    [mail] = told()
    assert str(facts_of(mail)["by"]).replace("\u00a0", " ") == said


def test_a_period_is_confirmed_by_one_mail_for_all_its_days(
    claire: Address, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    chosen = {autumn.activities[MORNING]: [MONDAY]}

    saved = choose(offered(autumn, MORNING), angeline, marsone, chosen)

    [mail] = told()
    lines = facts_of(mail)["lines"]
    assert saved.receipt and isinstance(lines, list) and len(lines) == len(saved.entries) > 1


def test_as_many_statements_as_before_when_nobody_asked_and_two_more_when_somebody_did(
    autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child
) -> None:
    address = prove(marsone, "claire@example.org")
    ask(bertrand, marsone, autumn.book(BUS_13H30, LUNDI_13))
    nobody = cost(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13))
    asks(address)
    one = cost(angeline, marsone, autumn.book(BUS_13H30, MARDI_14))
    asks(prove(marsone, "paul@example.org"))
    two = cost(angeline, marsone, autumn.book(BUS_13H30, JEUDI_16))

    [asked] = [statement for statement in nobody.statements if "notifications_preference" in statement]
    assert "FOR NO KEY UPDATE" in asked, "it has to be asked by the statement that locks the child"
    assert len(one) == len(two) == len(nobody) + 2, str(two)


def test_a_long_save_is_told_in_part(
    claire: Address, autumn: Autumn, marsone: Household, angeline: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "MOST_LINES", 2)

    ask(angeline, marsone, autumn.book(BUS_13H30, LUNDI_13, MARDI_14, JEUDI_16))

    [mail] = told()
    written = compose(to=mail.address, template=mail.template, facts=facts_of(mail), message_id="<1@x>")
    assert "et 1 autre, sur le reçu" in str(written.body)
