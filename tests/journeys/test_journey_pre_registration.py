"""A campaign is opened, a parent answers on a phone, an agent validates all, the bookings stand in the planning."""

from datetime import date, timedelta

from playwright.sync_api import Page, expect

from booking.models import Booking, Campaign, PreRegistration, ServiceDay
from lps.kernel import clock
from tests.journeys.conftest import Browse
from tests.journeys.families import ANGELINE
from tests.journeys.steps import open_planning, sign_in, sign_in_with_account, tile
from tests.live import Site
from tests.zone import PARIS

TITLE = "Bus du printemps"
BUS = "Transport scolaire 11h30"


def test_from_the_campaign_to_the_planning(site: Site, browse: Browse) -> None:
    first = first_day(site)
    agent = browse("demo")
    sign_in_with_account(agent, where="demo", role="scolaire", path="/mairie/")
    agent.get_by_role("navigation", name="Rubriques").get_by_role("link", name="Préinscriptions").click()
    make_campaign(agent, first=first)
    agent.get_by_role("link", name="Ouvrir maintenant").click()
    agent.get_by_role("button", name="Ouvrir aux familles").click()
    expect(agent.get_by_text("La campagne est ouverte : les familles peuvent répondre.")).to_be_visible()

    parent = browse("demo", width=360)
    sign_in(parent, **ANGELINE.codes)
    parent.get_by_role("link", name="Préinscription", exact=True).click()
    answer(parent)
    with site.inside("demo"):
        assert not set_of_days(first)

    agent.get_by_role("link", name=TITLE).or_(agent.get_by_role("link", name="Revenir à la campagne")).first.or_(
        agent.get_by_role("heading", name=TITLE)
    ).first.wait_for()
    agent.reload()
    agent.get_by_role("link", name="Tout valider").click()
    expect(agent.get_by_text("1 réponse sera validée :")).to_be_visible()
    agent.get_by_role("button", name="Valider cette réponse").click()
    expect(agent.get_by_text("C'est validé.")).to_be_visible()

    [mail] = site.mails_to("marsone@familles.example", subject="Préinscription d'Angéline MARSONE")
    assert any(link.endswith("/preinscription/") for link in mail["links"])
    with site.inside("demo"):
        days = set_of_days(first)
    assert days and {day.weekday() for day in days} <= {0, 3}
    open_planning(parent, ANGELINE, min(days))
    expect(tile(parent, BUS, min(days))).to_be_checked()
    parent.goto("/preinscription/")
    expect(campaign_of(parent).get_by_text("validée", exact=True)).to_be_visible()


def first_day(site: Site) -> date:
    """The first day of the bus in forty days or later, even after the summer; no child is booked from it on."""
    with site.inside("demo"):
        after = clock.today(PARIS) + timedelta(days=40)
        day = ServiceDay.objects.filter(activity__name=BUS, open=True, day__gte=after).order_by("day")[0].day
        standing = Booking.objects.standing().filter(activity__name=BUS, day__gte=day)
        standing.update(canceled_at=clock.now())  # by whoever filled several weeks at once
    return day


def make_campaign(page: Page, *, first: date) -> None:
    """Fill in the form of a campaign that opens tomorrow."""
    page.get_by_role("link", name="Nouvelle campagne").click()
    page.get_by_label("Titre").fill(TITLE)
    page.get_by_label("Pour les jours du").fill(first.isoformat())
    page.get_by_label("au (obligatoire)", exact=True).fill((first + timedelta(days=27)).isoformat())
    page.get_by_label(f"TRANSPORT : {BUS}").check()
    page.get_by_label("Réserver dans le planning les jours que vous validez").check()
    page.get_by_role("button", name="Créer la campagne").click()
    expect(page.get_by_text("La campagne est prête.")).to_be_visible()


def answer(page: Page) -> None:
    """Oui for Angéline, on Mondays and Thursdays; nothing yet for Bertrand."""
    asked = campaign_of(page)
    asked.get_by_label("Oui, je réinscris Angéline MARSONE").check()
    for weekday in ("lundi", "jeudi"):
        asked.locator("label.day").filter(
            has=page.get_by_role("checkbox", name=f"Angéline MARSONE, {BUS}, {weekday}")
        ).click()
    asked.get_by_role("button", name="Enregistrer ma réponse").click()
    expect(page.get_by_text("Votre réponse est enregistrée.")).to_be_visible()
    expect(campaign_of(page).get_by_text("demandée")).to_be_visible()
    expect(campaign_of(page).get_by_text(f"{BUS} : lundi, jeudi")).to_be_visible()


def campaign_of(page: Page):
    """The part of the page that is about this campaign."""
    return page.locator("section.card").filter(has=page.get_by_role("heading", name=TITLE))


def set_of_days(first: date) -> set[date]:
    """The days of the campaign that stand booked."""
    campaign = Campaign.objects.get(title=TITLE)
    assert PreRegistration.objects.filter(campaign=campaign).count() == 1
    rows = Booking.objects.standing().filter(child__first_name="Angéline", activity__name=BUS)
    return set(rows.filter(day__range=(first, campaign.last_day)).values_list("day", flat=True))
