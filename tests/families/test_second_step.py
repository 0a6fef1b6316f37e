"""A new device follows a link sent to an address on file, where the town asks for it."""

from collections.abc import Callable

import pytest

from lps.families import devices, services
from lps.families.models import FamilyLink, Household
from lps.families.services import NewChild
from lps.journal.channels import Channel
from notifications.models import OutboxMessage
from tenants.models import Commune
from tenants.town.services import change_settings
from tests.families.doors import browser, link_sent, sign_in
from tests.families.factories import BY, household


@pytest.fixture(autouse=True)
def second_step(in_demo: Commune) -> None:
    change_settings(second_step=True)


def test_a_new_device_is_sent_to_its_mailbox_and_stays_out(martin: Household) -> None:
    client = browser()

    answer = sign_in(client, martin)

    assert "A…@example.org" in answer.content.decode()
    assert client.get("/enfants/").status_code == 302
    assert OutboxMessage.objects.get().address == "Alice.Martin@example.org"


def test_the_link_opens_and_the_device_is_known_from_then_on(martin: Household) -> None:
    client = browser()
    sign_in(client, martin)

    asked = client.get(link_sent())
    opened = client.post(link_sent())
    client.post("/deconnexion/")

    assert "Me connecter sur cet appareil" in asked.content.decode()
    assert opened.headers["Location"] == "/enfants/"
    assert opened.cookies[devices.COOKIE]["httponly"] and not opened.cookies[devices.COOKIE]["domain"]
    assert sign_in(client, martin).headers["Location"] == "/enfants/71000001/planning/"


def test_the_link_serves_once(martin: Household) -> None:
    sign_in(browser(), martin)
    browser().post(link_sent())

    assert browser().post(link_sent()).status_code == 410


def test_a_link_for_codes_opens_no_session(martin: Household) -> None:
    sign_in(browser(), martin)
    path = link_sent().replace("/appareil/", "/difficultes/")

    assert browser().post(path).status_code == 410


def test_typing_the_codes_twice_sends_one_mail(martin: Household, later: Callable[..., None]) -> None:
    sign_in(browser(), martin)
    sign_in(browser(), martin)
    assert OutboxMessage.objects.count() == 1

    later(minutes=3)
    sign_in(browser(), martin)

    assert OutboxMessage.objects.count() == 2


def test_a_family_without_address_is_told_whom_to_call(in_demo: Commune) -> None:
    home = household(email="", children=[NewChild(first_name="Sans", last_name="ADRESSE")])

    page = sign_in(browser(), home).content.decode()

    assert "Appelez la mairie" in page and "01 23 45 67 89" in page
    assert FamilyLink.objects.count() == 0


def test_a_known_device_is_forgotten_with_the_code_or_after_90_days(
    martin: Household, later: Callable[..., None]
) -> None:
    cookie = devices.stamp(martin)
    renewed = services.renew_family_code(household=martin, by=BY, channel=Channel.OFFICE)
    fresh = devices.stamp(renewed)

    assert (devices.is_known(cookie, martin), devices.is_known(cookie, renewed)) == (True, False)
    later(days=90)
    assert not devices.is_known(fresh, renewed)


@pytest.mark.parametrize("value", ["", ".", "abc.def", "1.2", "²." + "0" * 32, "9" * 40 + ".x"])
def test_a_forged_cookie_is_no_device(martin: Household, value: str) -> None:
    assert not devices.is_known(value, martin)


def test_a_device_of_one_family_is_new_for_another(martin: Household, stranger: Household) -> None:
    assert not devices.is_known(devices.stamp(martin), stranger)
