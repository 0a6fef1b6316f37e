"""A parent proves an address, receives the reminder of a Wednesday, and its link opens that week and nothing more."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from playwright.sync_api import expect

from booking.models import Booking
from booking.services.reminding import remind
from lps.kernel import clock
from notifications.wakeup import DRAIN
from tests.journeys.conftest import Browse
from tests.journeys.families import OF_BUCHELAY
from tests.journeys.steps import press, recap, sign_in, validate, written
from tests.journeys.test_journey_thursday import CANTEEN, PARIS, block, monday, week_of
from tests.live import Site

__all__ = ("monday",)
EMAIL = "claire@familles.example"


def link_in(mail: dict[str, Any], where: str) -> str:
    """The path of the link that a mail gives."""
    return urlsplit(next(link for link in mail["links"] if where in link)).path


def wake(site: Site) -> None:
    """Tell the site's own worker, which the tick does in production, that mails wait."""
    with current_app.connection_for_write(site.valkey.url()) as broker:
        current_app.send_task(DRAIN, headers={"commune": OF_BUCHELAY.slug}, connection=broker)


def leave_empty(site: Site, week: set[date]) -> None:
    """Nothing is booked by the family in a week, that other weeks have."""
    with site.inside(OF_BUCHELAY.slug):
        household = OF_BUCHELAY.custody().household
        Booking.objects.standing().filter(household=household, day__in=week).update(canceled_at=clock.now())


def test_from_the_address_to_the_week_without_script(site: Site, browse: Browse, monday: date) -> None:
    number = monday.isocalendar().week
    wednesday = datetime.combine(monday - timedelta(days=5), time(9), PARIS)
    leave_empty(site, week_of(monday))
    parent, mailbox = (browse("buchelay", script=False, width=360) for _ in range(2))
    sign_in(parent, **OF_BUCHELAY.codes)
    parent.goto("/preinscription/")
    parent.get_by_role("textbox", name="Email").fill(EMAIL)
    parent.get_by_role("button", name="Valider").click()
    expect(parent.get_by_text("Un email vient de vous être envoyé.")).to_be_visible()
    [mail] = site.mails_to(EMAIL)
    mailbox.goto(link_in(mail, "/adresse/"))
    mailbox.get_by_role("button", name="Valider cette adresse").click()
    expect(mailbox.get_by_role("heading", name="Adresse validée")).to_be_visible()

    with site.inside("buchelay"):
        assert remind(now=wednesday) >= 1
        assert remind(now=wednesday + timedelta(hours=1)) == 0
    wake(site)
    [reminder] = site.mails_to(EMAIL, subject="jeudi")
    assert any("/messages/arret/" in link for link in reminder["links"])

    with site.pages_at(wednesday) as pages:
        reader = browse("buchelay", pages=pages, script=False, width=360)
        reader.goto(link_in(reminder, "/semaine/"))
        reader.get_by_label("Code enfant").fill(OF_BUCHELAY.child)  # it signs in to nothing
        reader.get_by_label("Code famille").fill(OF_BUCHELAY.family)
        reader.get_by_role("button", name="connexion").click()
        expect(reader.get_by_role("heading", name="Semaine N° ").first).to_contain_text(f"Semaine N° {number}")
        expect(block(reader, monday)).to_contain_text("Modifiable jusqu'au jeudi")
        press(reader, CANTEEN, monday)
        validate(reader)
        assert recap(reader) == [f"Réservation : {CANTEEN}, {written(monday)}"]
