"""Writing to many: who, how many, how much; tried on oneself, sent once, at its hour, and its report."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from booking.models import Booking
from lps.accounts.models import Account
from lps.families.models import Custody, Enrollment, Guardian, Household, SchoolClass
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.audiences import Choice
from notifications.facts import loads
from notifications.models import (
    FACTS_PURPOSE,
    Blocked,
    Campaign,
    Class,
    Kind,
    OutboxMessage,
    Preference,
    State,
    Topic,
)
from notifications.services import campaigns, prove_address, subscriptions
from notifications.services.sms import number_lookup
from notifications.sms_delivery import drain_sms
from tenants import keys
from tenants.models import Commune
from tests.accounts.factories import BY
from tests.families.factories import ALWAYS, household
from tests.notifications.test_subscriptions import NUMBER, subscribe
from tests.office.pages import signed_in, text
from tests.sql import counted
from tests.zone import PARIS, wednesday_noon

LIST, NEW, FLASH = "/mairie/ecrire/", "/mairie/ecrire/nouveau/", "/mairie/ecrire/flash/"


NOON = wednesday_noon()


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def client(in_demo: Commune) -> Client:
    """An administrator's browser."""
    return signed_in(in_demo)


def flash_topic() -> Topic:
    return Topic.objects.get(name__startswith="Infos Flash")


def written(**rest: Any) -> dict[str, Any]:
    return {"audience": f"topic:{flash_topic().pk}", "title": "Fuite", "sms_text": "Route coupée.", **rest}


def sms() -> Any:
    return OutboxMessage.objects.filter(campaign__isnull=False, kind=Kind.SMS)


def the_class() -> SchoolClass:
    return SchoolClass.objects.get(name="CE1")


def marsone() -> Household:
    return Household.objects.get(name="MARSONE")


def told(action: str) -> int:
    return AuditEntry.objects.filter(action=action).count()


def test_a_sending_is_read_before_it_leaves_and_reported_after(client: Client) -> None:
    subscribe(flash_topic())

    page = text(client.post(NEW, written(), follow=True))
    assert "1 destinataire par SMS" in page and "0,07 €" in page and not sms().exists()
    made = Campaign.objects.get()
    page = text(client.post(f"{LIST}{made.pk}/envoyer/", follow=True))
    assert "C'est parti." in page
    assert campaigns.queue_due(now=clock.now()) == 1

    assert (sms().get().address, sms().get().message_class) == (NUMBER, Class.NEWS)
    assert "en attente de départ" in text(client.get(f"{LIST}{made.pk}/"))
    sms().update(state=State.SENT, sent_at=clock.now(), outcome="failed", outcome_reason="ptt_24", cost=Decimal("0.07"))
    page = text(client.get(f"{LIST}{made.pk}/"))
    assert "non remis" in page and "Le téléphone est éteint ou hors réseau." in page and "0,07 €" in page
    assert (told("campaign_written"), told("campaign_sent"), told("campaign_queued")) == (1, 1, 1)


def test_nothing_is_sent_at_once_to_nobody(client: Client) -> None:
    page = text(client.post(NEW, written(), follow=True))
    made = Campaign.objects.get()

    assert "aucune famille n'a confirmé d'adresse" in page and "Envoyer maintenant" not in page
    assert "n'a pas de destinataire" in text(client.post(f"{LIST}{made.pk}/envoyer/", follow=True))
    assert Campaign.objects.get().state == Campaign.State.DRAFT


def test_it_is_sent_once_whatever_one_clicks(client: Client) -> None:
    subscribe(flash_topic())
    client.post(NEW, written())
    path = f"{LIST}{Campaign.objects.get().pk}/envoyer/"

    client.post(path)
    assert "trop tard" in text(client.post(path, follow=True))
    campaigns.queue_due(now=clock.now())
    client.post(path)

    assert campaigns.queue_due(now=clock.now()) == 0
    assert sms().count() == 1


def test_a_scheduled_sending_waits_and_may_be_canceled(client: Client, in_demo: Commune) -> None:
    subscribe(flash_topic())
    day = clock.today(in_demo.zone) + timedelta(days=3)
    client.post(NEW, written(send_day=day.isoformat(), send_hour="09:30"))
    made = Campaign.objects.get()

    assert "programmé" in text(client.post(f"{LIST}{made.pk}/envoyer/", follow=True))
    assert campaigns.queue_due(now=clock.now()) == 0
    assert "personne ne l'a reçu" in text(client.post(f"{LIST}{made.pk}/annuler/", follow=True))
    assert campaigns.queue_due(now=clock.now() + timedelta(days=9)) == 0
    assert not sms().exists()


def test_it_may_be_canceled_until_its_minute_and_no_later(client: Client, in_demo: Commune) -> None:
    subscribe(flash_topic())
    friday = NOON + timedelta(days=2)
    for late, left, said in ((timedelta(minutes=-1), 0, "annule"), (timedelta(0), 1, "trop-tard")):
        client.post(NEW, written(send_day=str(friday.date()), send_hour="09:30"))
        made = Campaign.objects.latest("pk")
        client.post(f"{LIST}{made.pk}/envoyer/")
        minute = friday.replace(hour=8, minute=30)
        assert campaigns.queue_due(now=minute + late) == left

        assert client.post(f"{LIST}{made.pk}/annuler/")["Location"].endswith(said)

        assert sms().filter(campaign=made).count() == left


def test_news_confirmed_at_night_waits_where_it_may_be_canceled(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(flash_topic())
    night = NOON.replace(hour=21)  # 22:00 in Paris
    monkeypatch.setattr(clock, "now", lambda: night)

    answer = client.post(FLASH, written(sms_text="Marché annulé"))

    assert answer["Location"].endswith("programme")
    made = Campaign.objects.get()
    assert made.send_at == (NOON + timedelta(days=1)).replace(hour=7)
    assert "Départ le" in text(client.get(f"{LIST}{made.pk}/")) and campaigns.queue_due(now=night) == 0
    assert client.post(f"{LIST}{made.pk}/annuler/")["Location"].endswith("annule")
    client.post(FLASH, written(sms_text="Incendie", danger="on"))
    assert campaigns.queue_due(now=night) == 1


def test_whoever_stopped_since_is_not_written_to(client: Client) -> None:
    held = subscribe(flash_topic())
    client.post(NEW, written())
    made = Campaign.objects.get()
    client.post(f"{LIST}{made.pk}/envoyer/")
    subscriptions.stop(lookup=held.lookup, channel="sms")

    campaigns.queue_due(now=clock.now())

    assert not sms().exists()
    assert "Personne n'était à prévenir" in text(client.get(f"{LIST}{made.pk}/"))


def test_flash_is_two_clicks(client: Client) -> None:
    subscribe(flash_topic())
    assert f'href="{FLASH}"' in text(client.get(LIST))
    page = text(client.get(FLASH))
    assert f'<option value="topic:{flash_topic().pk}" selected' in page

    sent = {"audience": f"topic:{flash_topic().pk}", "sms_text": "Travaux rue X"}
    client.post(FLASH, sent)
    client.post(FLASH, sent)
    campaigns.queue_due(now=clock.now())

    assert (Campaign.objects.count(), sms().count()) == (1, 1), "a form sent twice is one sending"


def test_danger_leaves_at_night_and_news_wait(in_demo: Commune) -> None:
    night = clock.now().astimezone(in_demo.zone).replace(hour=3, minute=0)
    for message_class, waits in ((Class.NEWS, True), (Class.DANGER, False)):
        choice = Choice(kind="topic", key=flash_topic().pk, label="x")
        words = campaigns.Words(title="x", choice=choice, message_class=message_class, sms_text="x")
        made = campaigns.write(words=words, by=BY, at=night)
        assert (campaigns.leaves_at(made, now=night) > night) is waits


def test_letters_that_double_the_price_are_offered(client: Client) -> None:
    subscribe(flash_topic())
    page = text(client.post(NEW, written(sms_text="Fête ’", etape="compter")))
    assert "« ê » → « e »" in page and "Remplacer ces caractères" in page

    page = text(client.post(NEW, written(sms_text="Fête ’", etape="remplacer")))

    assert "Fete '" in page and "Remplacer ces caractères" not in page
    assert not Campaign.objects.exists()


def test_typing_is_counted_by_the_same_rule(client: Client) -> None:
    subscribe(flash_topic())

    line = text(client.post(f"{LIST}compter/", written(sms_text="x" * 161)))

    assert "2 SMS chacun" in line and "0,14 €" in line
    assert "Choisissez à qui" in text(client.post(f"{LIST}compter/", {"audience": "topic:999999", "sms_text": "x"}))


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("x" * 149, 1),
        ("x" * 150, 2),  # and what the provider adds to answer STOP
        ("a\r\n" * 74, 1),  # a line feed is one character
        (" \r\n" + "x" * 149 + "\r\n ", 1),
        ("ê" * 59, 1),
        ("ê" * 60, 2),
        ("€" * 74, 1),
    ],
)
def test_what_is_counted_while_typing_is_what_is_shown_then_paid(client: Client, typed: str, parts: int) -> None:
    subscribe(flash_topic())
    price = f"0,{7 * parts:02d} €"

    live = text(client.post(f"{LIST}compter/", written(sms_text=typed)))
    shown = text(client.post(NEW, written(sms_text=typed), follow=True))
    client.post(f"{LIST}{Campaign.objects.get().pk}/envoyer/")
    campaigns.queue_due(now=clock.now())
    drain_sms()

    assert all(f"{parts} SMS chacun, {price}" in page for page in (live, shown))
    assert (sms().get().parts, sms().get().cost) == (parts, Decimal("0.07") * parts)


def test_a_text_too_long_is_said_while_it_is_typed(client: Client) -> None:
    for typed in ("x" * 602, "x" * 801, "ê" * 300):
        page = text(client.post(f"{LIST}compter/", written(sms_text=typed)))
        assert "trop long" in page or "800" in page
        assert client.post(NEW, written(sms_text=typed)).status_code == 200 and not Campaign.objects.exists()
    assert "4 SMS chacun" in text(client.post(f"{LIST}compter/", written(sms_text="x" * 601)))


def test_dangers_bear_no_word_on_stop(client: Client) -> None:
    subscribe(flash_topic())

    line = text(client.post(f"{LIST}compter/", written(sms_text="x" * 160, danger="on")))

    assert "1 SMS chacun" in line


def test_a_class_is_told_by_proved_addresses_and_mobiles(client: Client) -> None:
    home = marsone()
    address = prove_address(holder=home.holder, value="m@example.org", consent="1", by=BY, channel="web")
    Guardian.objects.filter(household=home).update(phone="+33611223344")
    choice = {"audience": f"class:{the_class().pk}", "email_text": "Bonjour {{ x }} <b>gras</b>"}

    page = text(client.post(NEW, written(**choice), follow=True))
    assert "1 destinataire par SMS" in page and "1 courriel" in page
    client.post(f"{LIST}{Campaign.objects.get().pk}/envoyer/")
    campaigns.queue_due(now=clock.now())
    rows = OutboxMessage.objects.filter(campaign__isnull=False)
    assert sorted(one.address for one in rows) == ["+33611223344", "m@example.org"]
    assert {one.message_class for one in rows.filter(kind=Kind.SMS)} == {Class.SERVICE}

    Preference.objects.create(address=address, topic="news", wanted=False, changed_at=clock.now())
    Blocked.objects.create(kind=Kind.SMS, lookup=number_lookup("+33611223344"), why="stop", at=clock.now())
    audience = Campaign.objects.get().audience
    after = campaigns.count(audience=audience, sms="x", email="x", today=clock.today(PARIS))
    assert (after.numbers, after.addresses) == (0, 0)


def test_families_booked_tomorrow_are_those(in_demo: Commune) -> None:
    today = clock.today(in_demo.zone)
    home = marsone()
    Guardian.objects.filter(household=home).update(phone="+33611223344")
    days = set(Booking.objects.standing().values_list("day", flat=True))
    day = min(one for one in days if one > today)
    activity = Booking.objects.standing().filter(day=day).first().activity_id

    def number(key: int, on: Any) -> int:
        return campaigns.count(audience={"kind": "tomorrow", "key": key}, sms="x", email="", today=on).numbers

    assert number(0, day - timedelta(days=1)) == 1
    assert number(activity, day - timedelta(days=1)) == 1
    assert number(0, max(days)) == 0


def test_an_essay_goes_to_the_agent_alone(client: Client) -> None:
    subscribe(flash_topic())
    client.post(NEW, written())
    made = Campaign.objects.get()

    assert client.post(f"{LIST}{made.pk}/essayer/", {"number": "01"}).status_code == 400
    assert "L'essai est parti" in text(client.post(f"{LIST}{made.pk}/essayer/", {"number": "0699887766"}, follow=True))

    tried = OutboxMessage.objects.filter(template="notifications/sms/text").get()
    assert (tried.address, tried.campaign) == ("+33699887766", None)
    made.refresh_from_db()
    assert made.state == Campaign.State.DRAFT


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"audience": ""}, "Choisissez à qui"),
        ({"audience": "topic:999999999999999999999"}, "Choisissez à qui"),
        ({"audience": "household:1"}, "Choisissez à qui"),
        ({"title": ""}, "Donnez un titre"),
        ({"title": "a\x00b"}, "caractère"),
        ({"sms_text": ""}, "Écrivez le texte du SMS"),
        ({"sms_text": "ê" * 500}, "trop long"),
        ({"sms_text": "x" * 10_000}, "800"),
        ({"sms_text": "", "email_text": "x"}, "n'ont donné que leur numéro"),
        ({"send_day": "2001-01-01"}, "déjà passé"),
        ({"send_day": "9999-01-01"}, "entre 2000 et 2199"),
        ({"send_hour": "10:00"}, "Choisissez aussi le jour"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_kept(client: Client, wrong: dict[str, Any], sentence: str) -> None:
    assert sentence in text(client.post(NEW, written(**wrong)))
    assert not Campaign.objects.exists()


def test_roles(in_demo: Commune) -> None:
    for role, reads, writes in (
        ("scolaire", 200, 200),
        ("animation", 200, 200),
        ("lecture", 200, 403),
        ("régie", 403, 403),
        ("cantine", 403, 403),
    ):
        client = signed_in(in_demo, role)
        assert (client.get(LIST).status_code, client.get(NEW).status_code) == (reads, writes), role
        Account.objects.filter(email="claire@mairie.example").delete()


def test_an_agent_of_one_activity_writes_to_it_alone(in_demo: Commune) -> None:
    activity = Booking.objects.standing().first().activity_id
    client = signed_in(in_demo, "animation")
    Account.objects.filter(email="claire@mairie.example").update(activities=[activity])
    page = text(client.get(NEW))

    assert f'value="activity:{activity}"' in page and f'value="tomorrow:{activity}"' in page
    assert 'value="topic:' not in page and 'value="class:' not in page and 'value="tomorrow:0"' not in page
    assert "Choisissez à qui" in text(client.post(NEW, written()))
    assert client.get(FLASH).status_code == 403
    choice = Choice(kind="topic", key=flash_topic().pk, label="x")
    words = campaigns.Words(title="x", choice=choice, message_class=Class.NEWS, sms_text="x")
    town_wide = campaigns.write(words=words, by=BY, at=clock.now())
    assert client.get(f"{LIST}{town_wide.pk}/").status_code == 404
    assert client.post(f"{LIST}{town_wide.pk}/envoyer/").status_code == 404


def test_many_cost_the_same_statements(in_buchelay: Commune) -> None:
    enrolled = Enrollment.objects.filter(valid_during__contains=clock.today(in_buchelay.zone))
    homes = list(
        Custody.objects.filter(child__in=enrolled.values("child")).values_list("household", flat=True).distinct()
    )

    def queued(number: int, site: int) -> int:
        Guardian.objects.update(phone="")
        for n, home in enumerate(homes[:number]):
            Guardian.objects.filter(household=home).update(phone=f"+336112233{n:02d}")
        choice = Choice(kind="school", key=site, label="x", site_id=site)
        words = campaigns.Words(title="x", choice=choice, message_class=Class.SERVICE, sms_text="x")
        made = campaigns.write(words=words, by=BY, at=clock.now())
        campaigns.send(pk=made.pk, by=BY, at=clock.now())
        with counted() as statements:
            campaigns.queue_due(now=clock.now())
        made.refresh_from_db()
        assert made.sms_number > 0
        return len(statements)

    site = enrolled.first().school_class.site_id
    assert queued(10, site) == queued(50, site)


def test_a_sending_that_cannot_be_written_holds_up_no_other(in_demo: Commune) -> None:
    held = subscribe(flash_topic())
    choice = Choice(kind="topic", key=flash_topic().pk, label="x")
    for text_of, of in (("x", Class.NEWS), ("ê" * 400, Class.DANGER), ("y", Class.DANGER)):
        words = campaigns.Words(title="x", choice=choice, message_class=of, sms_text=text_of)
        campaigns.send(pk=campaigns.write(words=words, by=BY, at=NOON).pk, by=BY, at=NOON)

    with pytest.raises(ExceptionGroup, match="cannot be queued"):
        campaigns.queue_due(now=NOON)

    assert sms().count() == 2
    held.number = keys.encrypt(NUMBER, purpose="other")
    held.save()
    campaigns.send(pk=campaigns.write(words=words, by=BY, at=NOON).pk, by=BY, at=NOON)
    with pytest.raises(ExceptionGroup):
        campaigns.queue_due(now=NOON)


def test_a_report_outlives_its_messages(client: Client) -> None:
    subscribe(flash_topic())
    client.post(NEW, written())
    made = Campaign.objects.get()
    client.post(f"{LIST}{made.pk}/envoyer/")
    campaigns.queue_due(now=clock.now())
    sms().update(state=State.SENT, sent_at=clock.now(), outcome="delivered", cost=Decimal("0.07"))

    assert campaigns.keep_reports(now=clock.now()) == 0
    assert campaigns.keep_reports(now=clock.now() + timedelta(days=54)) == 1
    assert campaigns.keep_reports(now=clock.now() + timedelta(days=54)) == 0
    sms().delete()

    page = text(client.get(f"{LIST}{made.pk}/"))
    assert "remis" in page and "0,07 €" in page


def emailed(client: Client) -> dict[str, str]:
    """An e-mail to the class, queued: each address with its stop link."""
    client.post(NEW, {"audience": f"class:{the_class().pk}", "title": "Sortie", "email_text": "Vendredi."})
    made = Campaign.objects.latest("pk")
    client.post(f"{LIST}{made.pk}/envoyer/")
    campaigns.queue_due(now=clock.now())
    mails = OutboxMessage.objects.filter(campaign=made, kind=Kind.EMAIL)
    return {mail.address: loads(keys.decrypt(mail.facts, purpose=FACTS_PURPOSE))["stop_url"] for mail in mails}


def test_each_mail_bears_the_link_that_stops_the_news_at_its_own_address(client: Client) -> None:
    for email in ("claire@example.org", "paul@example.org"):
        prove_address(holder=marsone().holder, value=email, consent="preinscription-1", by=BY, channel="web")
    first = emailed(client)
    assert set(first) == {"claire@example.org", "paul@example.org"}

    mailbox = Client(enforce_csrf_checks=True, headers={"host": "demo.localhost"})
    path = "/" + first["claire@example.org"].split("/", 3)[3]
    assert mailbox.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200

    assert set(emailed(client)) == {"paul@example.org"}


def test_news_stopped_by_one_family_of_an_address_are_not_sent_for_the_other(client: Client) -> None:
    home, other = marsone(), household(name="AUTRE", email="")
    Custody.objects.create(child=Custody.objects.filter(household=home)[0].child, household=other, valid_during=ALWAYS)
    for one in (home, other):
        prove_address(holder=one.holder, value="claire@example.org", consent="preinscription-1", by=BY, channel="web")
    [url] = emailed(client).values()

    client.post("/" + url.split("/", 3)[3])

    assert emailed(client) == {}
