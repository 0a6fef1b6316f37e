"""The frame of every mail: who speaks, whom to call, how its lines break."""

from collections.abc import Iterator

import pytest

from notifications.render import render
from tenants import context
from tenants.models import Commune
from tenants.town import services as town

FACTS = {"title": "Cantine", "text": "Pas de cantine jeudi : grève."}


@pytest.fixture
def entered(demo: Commune) -> Iterator[Commune]:
    with context.use(demo):
        yield demo


def test_a_reader_told_to_call_the_town_hall_has_its_number(entered: Commune) -> None:
    town.change_settings(contact_name="Le service scolaire", contact_phone="01 23 45 67 89")

    mail = render("notifications/emails/campaign", FACTS)

    assert f"--\n{entered.header_name}\nUne question : Le service scolaire, 01 23 45 67 89\n" in mail.text
    assert "Le service scolaire, 01\u00a023\u00a045\u00a067\u00a089" in mail.html


@pytest.mark.parametrize("name", ["", "Le service scolaire"])
def test_a_town_without_a_number_says_none(entered: Commune, name: str) -> None:
    town.change_settings(contact_name=name, contact_phone="")

    mail = render("notifications/emails/campaign", FACTS)

    assert "Une question" not in mail.text + mail.html


def test_the_vendor_is_no_town() -> None:
    with context.public():
        mail = render("console/emails/access", {"name": "Olivier", "is_new": True, "url": "https://x.fr/", "days": 7})

    assert "Les Parents Services" in mail.text and "Une question" not in mail.text


def test_a_line_on_a_narrow_telephone_does_not_begin_with_a_sign(entered: Commune) -> None:
    mail = render("notifications/emails/campaign", FACTS)

    assert "jeudi\u00a0: grève" in mail.html and "famille\u00a0: merci" in mail.html
    assert "jeudi : grève" in mail.text
