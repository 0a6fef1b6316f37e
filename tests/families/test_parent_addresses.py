"""A family gives an e-mail address: nothing is sent there before its link is followed; each kind stops by itself."""

import pytest
from django.core import signing
from django.test import Client

from lps.families.models import Household
from lps.journal.models import AuditEntry
from notifications import delivery, kinds
from notifications.models import Address, Blocked, OutboxMessage, Preference
from notifications.queries import addresses_of
from notifications.render import compose
from notifications.services import blocking, preferences
from tenants.models import Commune
from tests.families.doors import browser, link_sent, sign_in
from tests.sql import counted

PAGE = "/preinscription/"


@pytest.fixture
def client(martin: Household) -> Client:
    """A browser in which the MARTIN family is signed in."""
    one = browser()
    sign_in(one, martin)
    return one


@pytest.fixture
def proved(client: Client, martin: Household) -> Address:
    """An address of the family, typed and validated."""
    return prove(client, martin, "claire@example.org")


def prove(client: Client, home: Household, email: str) -> Address:
    client.post(PAGE, {"email": email})
    browser().post(link_sent())
    return addresses_of(home.holder).order_by("-pk")[0]


def by_default() -> list[str]:
    """What is ticked for an address that chose nothing."""
    return [kind.code for kind in kinds.registered().values() if kind.default]


def path_of(address: Address) -> str:
    return "/" + preferences.stop_url(address, "reminder").split("/", 3)[3]


def test_the_page_says_the_towns_words(client: Client) -> None:
    shown = client.get(PAGE).content.decode()

    for words in (
        "Envoyez votre Email si vous souhaitez que le service scolaire puisse vous informer",
        "Après votre saisie, vous recevrez un email contenant un lien pour valider votre mail.",
    ):
        assert words in shown


def test_the_link_alone_is_sent_and_the_address_is_proved_when_it_is_used(client: Client, martin: Household) -> None:
    answer = client.post(PAGE, {"email": " claire@example.org "}, follow=True)

    assert "Un email vient de vous être envoyé" in answer.content.decode()
    assert OutboxMessage.objects.count() == 1
    link, reader = link_sent(), browser()
    assert "claire@example.org" in reader.get(link).content.decode()
    assert not addresses_of(martin.holder).exists()
    assert reader.post(link).status_code == 200
    [address] = addresses_of(martin.holder)
    assert (address.address, address.consent) == ("claire@example.org", "preinscription-1")
    assert OutboxMessage.objects.count() == 1


def test_a_link_serves_once_and_opens_in_its_own_commune_alone(client: Client, buchelay: Commune) -> None:
    client.post(PAGE, {"email": "claire@example.org"})
    link = link_sent()

    assert browser("buchelay").get(link).status_code == 410
    assert browser().get(link[:-2] + "x/").status_code == 410
    assert browser().post(link).status_code == 200
    assert browser().post(link).status_code == 410


def test_a_link_ends_after_two_days(client: Client, martin: Household, later) -> None:
    later(minutes=0)
    sign_in(client, martin)
    client.post(PAGE, {"email": "claire@example.org"})
    link = link_sent()

    later(hours=48, minutes=1)

    assert browser().post(link).status_code == 410
    assert not addresses_of(martin.holder).exists()


@pytest.mark.parametrize(
    "typed", ["", "claire", "a@b\x00.fr", "x" * 300 + "@example.org", "a@example.org\nBcc: b@c.fr"]
)
def test_what_is_no_address_sends_nothing(client: Client, typed: str) -> None:
    answer = client.post(PAGE, {"email": typed})

    assert answer.status_code == 400
    assert not OutboxMessage.objects.exists()


def test_an_address_proved_is_not_asked_again_and_nobody_is_flooded(client: Client, proved: Address) -> None:
    assert "déjà validée" in client.post(PAGE, {"email": "Claire@Example.org"}).content.decode()
    answers = [client.post(PAGE, {"email": "voisin@example.org"}) for _ in range(8)]

    assert "Plusieurs liens viennent" in answers[-1].content.decode()
    assert OutboxMessage.objects.count() < 8


def test_a_family_has_several_addresses_and_chooses_for_each(
    client: Client, martin: Household, proved: Address
) -> None:
    second = prove(client, martin, "paul@example.org")
    assert preferences.wants([proved, second], "reminder") == [proved, second]

    every = by_default()
    sent = {
        f"messages-{proved.pk}": every,
        f"messages-{second.pk}": [kind for kind in every if kind != "reminder"],
    }
    answer = client.post("/messages/", sent, follow=True)

    assert "et eux seuls" in answer.content.decode()
    assert preferences.wants([proved, second], "reminder") == [proved]
    entry = AuditEntry.objects.get(action="preferences_changed")
    assert entry.after == {"reminder": False, "address": second.pk}


def test_an_address_that_bounced_is_proved_again_and_written_to_as_before(client: Client, martin: Household) -> None:
    blocking.block_address("claire@example.org", why=Blocked.Why.BOUNCE)

    client.post(PAGE, {"email": "claire@example.org"})
    (message,) = delivery.claim_batch()
    assert delivery.blocked([message]) == set()
    browser().post(link_sent())

    assert preferences.wants(addresses_of(martin.holder), "reminder")


def test_choosing_the_same_again_writes_nothing(client: Client, proved: Address) -> None:
    for _ in range(2):
        client.post("/messages/", {f"messages-{proved.pk}": [*by_default(), "inconnu", "\x00"]})

    assert not Preference.objects.exists()


def test_another_familys_address_is_left_alone(client: Client, stranger: Household, proved: Address) -> None:
    other = browser()
    sign_in(other, stranger)

    other.post("/messages/", {f"messages-{proved.pk}": ""})

    assert preferences.wants([proved], "reminder") == [proved]
    assert other.post(f"/donnees-personnelles/consentements/{proved.pk}/retrait/").status_code == 404


def test_a_stop_link_says_then_does_and_can_be_undone(proved: Address) -> None:
    reader = browser()
    shown = reader.get(path_of(proved))
    assert preferences.wants([proved], "reminder")
    assert "claire@example.org" not in shown.content.decode()

    reader.post(path_of(proved))
    assert preferences.wants([proved], "reminder") == []

    reader.post(path_of(proved), {"reprendre": "1"})
    assert preferences.wants([proved], "reminder") == [proved]


def test_a_mailbox_stops_by_one_post_without_a_cookie(proved: Address) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"host": "demo.localhost"})

    answer = strict.post(path_of(proved), {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert preferences.wants([proved], "reminder") == []


def test_a_stop_link_altered_or_carried_elsewhere_stops_nothing(proved: Address, buchelay: Commune) -> None:
    path = path_of(proved)
    forged = signing.dumps([proved.pk, "reminder"], salt=f"stop-messages:{'0' * 32}")
    tried = [path[:-3] + "xx/", f"/messages/arret/{forged}/", "/messages/arret/%00/", f"/messages/arret/{'a' * 9000}/"]

    assert {browser().post(one).status_code for one in tried} == {410}
    assert browser("buchelay").post(path).status_code == 410
    assert preferences.wants([proved], "reminder") == [proved]


def test_a_withdrawn_address_is_told_nothing_and_its_link_is_gone(client: Client, proved: Address) -> None:
    path = path_of(proved)

    client.post(f"/donnees-personnelles/consentements/{proved.pk}/retrait/")

    assert browser().get(path).status_code == 410


def test_the_mail_bears_the_link_for_mailboxes(in_demo: Commune) -> None:
    stop = "https://demo.localhost/messages/arret/x/"
    told = {"family": "MARTIN", "town": "T", "url": "u", "hours": 48, "stop_url": stop}

    mail = compose(to="a@example.org", template="families/emails/validate", facts=told, message_id="<1@x>")

    assert mail.extra_headers["List-Unsubscribe"] == f"<{stop}>"
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert stop in str(mail.body)


def test_more_addresses_cost_no_more_statements(client: Client, martin: Household, proved: Address) -> None:
    def cost() -> int:
        with counted() as made:
            preferences.wants(list(addresses_of(martin.holder)), "reminder")
            client.get("/messages/")
        return len(made)

    cost()
    few = cost()
    for number in range(3):
        prove(client, martin, f"autre{number}@example.org")

    assert cost() == few
