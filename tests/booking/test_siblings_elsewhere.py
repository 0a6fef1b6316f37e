"""An agent kept to a school, at the counter of a family whose other child sits at another one, and at its own rolls."""

import pytest
from django.test import Client

from booking.models import Attendance, Receipt, ServiceDay
from booking.planning_form import box_value
from lps.accounts.models import Account
from lps.families.models import HEALTH_PURPOSE, Child, Enrollment, HealthNote, Household, SchoolClass, Site
from notifications.models import OutboxMessage
from tenants import keys
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.booking.october import BUS_8H30, BUS_13H30, JEUDI_16, VENDREDI_17, Autumn, ask, make_days, standing
from tests.booking.pages import filled, read


@pytest.fixture
def elsewhere(autumn: Autumn, bertrand: Child) -> SchoolClass:
    """The class of Bertrand, now at another school than his sister's."""
    there = SchoolClass.objects.create(
        name="CM1",
        level="CM1",
        site=Site.objects.create(name="École d'ailleurs"),
        school_year=autumn.ce2.school_year,
    )
    Enrollment.objects.filter(child=bertrand).update(school_class=there)
    make_days()
    return there


@pytest.fixture
def claire(demo: Commune, autumn: Autumn, elsewhere: SchoolClass) -> Client:
    """Serves the school of Angéline alone."""
    client = signed_in(demo, "scolaire", "régie", "animation", name="Claire")
    Account.objects.filter(name="Claire").update(sites=[autumn.ce1.site_id])
    return client


@pytest.fixture
def receipts(
    autumn: Autumn, marsone: Household, angeline: Child, bertrand: Child, elsewhere: SchoolClass
) -> tuple[Receipt, Receipt]:
    """Of Angéline, then of Bertrand."""
    ask(angeline, marsone, autumn.book(BUS_8H30, JEUDI_16))
    ask(bertrand, marsone, autumn.book(BUS_13H30, VENDREDI_17))
    his, hers = Receipt.objects.order_by("-pk")[:2]
    return hers, his


def of(home: Household, page: str) -> str:
    return f"/mairie/familles/{home.pk}/{page}"


def test_the_planning_is_its_own_childs_alone(
    claire: Client, marsone: Household, autumn: Autumn, angeline: Child, bertrand: Child
) -> None:
    page = claire.get(of(marsone, "reservations/"))
    whole = claire.get(of(marsone, f"reservations/?enfant={angeline.pk}"))

    assert "Angéline MARSONE" in read(page) and "Bertrand" not in read(page)
    fields = filled(whole, tick=[autumn.cell(BUS_8H30, JEUDI_16)])
    for answer in (
        claire.get(of(marsone, f"reservations/?enfant={bertrand.pk}")),
        claire.post(of(marsone, f"reservations/?enfant={bertrand.pk}"), fields),
    ):
        assert answer.status_code == 404
    assert box_value(autumn.cell(BUS_8H30, JEUDI_16)) in whole.content.decode()
    assert standing(bertrand, autumn.activities[BUS_8H30]) == []


def test_the_journal_and_the_receipts_are_its_own_childs_alone(
    claire: Client, marsone: Household, receipts: tuple[Receipt, Receipt]
) -> None:
    hers, his = receipts
    sent = OutboxMessage.objects.count()

    shown = read(claire.get(of(marsone, "journal/")))

    assert hers.number in shown and his.number not in shown and BUS_13H30 not in shown
    assert claire.get(of(marsone, f"recus/{hers.number}/")).status_code == 200
    path = of(marsone, f"recus/{his.number}/")
    assert (claire.get(path).status_code, claire.post(path).status_code) == (404, 404)
    assert OutboxMessage.objects.count() == sent


def test_who_serves_the_whole_town_reads_both(
    demo: Commune, marsone: Household, receipts: tuple[Receipt, Receipt], bertrand: Child
) -> None:
    everywhere = signed_in(demo, "scolaire", name="Karim")

    shown = read(everywhere.get(of(marsone, "journal/")))

    assert all(receipt.number in shown for receipt in receipts)
    assert everywhere.get(of(marsone, f"reservations/?enfant={bertrand.pk}")).status_code == 200


def test_no_child_of_another_school_is_put_on_its_roll(
    claire: Client, autumn: Autumn, angeline: Child, bertrand: Child
) -> None:
    """The roll names whoever is on it, with its health, and the emergency list whom to call."""
    HealthNote.objects.create(child=bertrand, kind="pai", words=keys.encrypt("arachide", purpose=HEALTH_PURPOSE))
    roll = f"/mairie/pointage/{autumn.held(BUS_8H30, JEUDI_16).pk}/"

    alone = claire.post(f"{roll}noter/", {"enfant": bertrand.pk, "etat": "present"})
    mixed = claire.post(f"{roll}noter/", {"enfant": [angeline.pk, bertrand.pk], "etat": "present"})

    assert (alone.status_code, mixed.status_code) == (404, 404)
    assert not Attendance.objects.exists()
    for page in (roll, f"{roll}urgence/"):
        shown = read(claire.get(page))
        assert "Bertrand" not in shown and "arachide" not in shown


def test_a_child_booked_there_before_it_changed_school_is_still_called(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child, elsewhere: SchoolClass
) -> None:
    held: ServiceDay = autumn.held(BUS_8H30, JEUDI_16)
    ask(angeline, marsone, autumn.book(BUS_8H30, JEUDI_16))
    Enrollment.objects.filter(child=angeline).update(school_class=elsewhere)

    noted = claire.post(f"/mairie/pointage/{held.pk}/noter/", {"enfant": angeline.pk, "etat": "present"})

    assert noted.status_code == 302
    assert not Attendance.objects.get().unbooked
