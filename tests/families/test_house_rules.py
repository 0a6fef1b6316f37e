"""A family reads the town's rules when it comes, and accepts them before its next save; what it filled in is kept."""

import json
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from booking import catalogue
from booking.models import Booking, Receipt, ServiceDay
from booking.rules.deadlines import deadline
from lps.families.models import Enrollment, Household
from lps.journal import house_rules as journal
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tenants.town.house_rules import Text
from tenants.town.models import HouseRules, RulesAcceptance
from tenants.town.services import change_settings
from tests.families.doors import browser
from tests.families.factories import BY
from tests.isolation.pages import form_with
from tests.sql import counted

PLANNING = "/enfants/123456/planning/"


def publish(day: date, title: str = "Règlement du périscolaire") -> HouseRules:
    text = Text(title=title, body="# Article 1\n\nSoyez **à l'heure**. <script>x</script>", in_force_from=day)
    draft = journal.write(text=text, by=BY)
    return journal.publish(pk=draft.pk, now=clock.now(), day=day, by=BY)


@pytest.fixture
def today(in_demo: Commune) -> date:
    return clock.today(in_demo.zone)


def come(path: str = "/") -> tuple[Client, str]:
    """Sign in as the MARSONE family; where it leads."""
    client = browser()
    answer = client.post(path, {"child_code": "123456", "family_code": "654321"})
    return client, answer.headers["Location"]


def text(response) -> str:
    return response.content.decode().replace("&#x27;", "'").replace("\u00a0", " ")


def test_without_rules_nothing_is_asked(today: date, marsone: Household) -> None:
    client, where = come()

    assert where == PLANNING
    assert "Aucun règlement" in text(client.get("/reglement/"))


def test_rules_to_come_are_not_asked_yet(today: date, marsone: Household) -> None:
    publish(today + timedelta(days=1))

    assert come()[1] == PLANNING


def test_a_family_that_comes_is_led_to_the_rules_then_on(today: date, marsone: Household) -> None:
    rules = publish(today)

    client, where = come()

    assert where == "/reglement/?suivant=%2Fenfants%2F123456%2Fplanning%2F"
    page = text(client.get(where))
    assert "<h2>Article 1</h2>" in page and "<script>x" not in page and f'href="{PLANNING}"' in page
    answer = client.post("/reglement/", {"reglement": rules.pk, "suivant": PLANNING})
    assert answer.headers["Location"] == PLANNING
    assert come()[1] == PLANNING, "asked once"
    (kept,) = RulesAcceptance.objects.all()
    assert (kept.rules_id, kept.holder) == (rules.pk, marsone.holder)
    (entry,) = AuditEntry.objects.filter(action="rules_accepted")
    assert entry.actor_label == "famille MARSONE" and entry.after == {"rules": rules.pk, "holder": marsone.holder}


def test_later_still_opens_the_planning(today: date, marsone: Household) -> None:
    publish(today)
    client, _where = come()

    assert client.get(PLANNING).status_code == 200


def test_a_form_already_filled_is_saved_by_the_same_button(today: date, marsone: Household) -> None:
    client, _where = come()
    form = form_with(client.get(PLANNING), "vu").with_last_ticked()
    rules = publish(today)
    before = Booking.objects.count()

    asked = client.post(PLANNING, form)

    page = text(asked)
    assert "Une dernière étape avant d'enregistrer" in page and Booking.objects.count() == before
    assert RulesAcceptance.objects.count() == 0

    saved = client.post(PLANNING, dict(form_with(asked, "reglement").fields))

    assert "recu=" in saved.headers["Location"]
    assert Booking.objects.count() == before + 1
    assert RulesAcceptance.objects.filter(rules=rules, holder=marsone.holder).count() == 1


def test_the_form_carried_is_the_form_sent(today: date, marsone: Household) -> None:
    publish(today)
    client, _where = come()
    odd = {"jeton": ['"><script>x</script>'], "jour": ["1-2026-01-01", "2-2026-01-02"], "vu": [""]}

    asked = client.post(f"{PLANNING}?semaine=2026-W50&groupe=transport", odd)

    carried = asked.context["carried"]
    assert carried == [(name, value) for name, values in odd.items() for value in values]
    assert "<script>x" not in text(
        asked
    ) and 'action="/enfants/123456/planning/?semaine=2026-W50&amp;groupe=transport"' in text(asked)


@pytest.mark.parametrize("said", ["", "0", "abc", "9" * 30, "-1", "²"])
def test_what_was_not_shown_is_not_accepted(today: date, marsone: Household, said: str) -> None:
    publish(today)
    client, _where = come()

    assert "Une dernière étape" in text(client.post(PLANNING, {"reglement": said}))
    assert client.post("/reglement/", {"reglement": said}).status_code == 400
    assert not RulesAcceptance.objects.exists()


def test_a_version_replaced_meanwhile_is_asked_again(today: date, marsone: Household) -> None:
    old = publish(today - timedelta(days=1))
    client, _where = come()
    publish(today, title="Nouveau règlement")

    answer = client.post("/reglement/", {"reglement": old.pk})

    assert answer.status_code == 400 and "Le règlement a changé" in text(answer) and "Nouveau règlement" in text(answer)
    assert not RulesAcceptance.objects.exists()


def test_accepting_twice_is_accepting_once(today: date, marsone: Household) -> None:
    rules = publish(today)
    client, _where = come()

    for _time in range(2):
        assert client.post("/reglement/", {"reglement": rules.pk}).status_code == 302

    assert RulesAcceptance.objects.count() == 1
    assert AuditEntry.objects.filter(action="rules_accepted").count() == 1


def test_the_proof_is_in_the_familys_own_data(today: date, marsone: Household) -> None:
    rules = publish(today)
    client, _where = come()
    client.post("/reglement/", {"reglement": rules.pk})

    document = json.loads(client.get("/donnees-personnelles/export.json").content)
    page = text(client.get("/reglement/"))

    (proof,) = document["données"]["Règlements acceptés"]
    assert proof["règlement"] == rules.title and proof["en vigueur à partir du"] == str(today) and proof["accepté le"]
    assert "La famille MARSONE a accepté ce règlement le" in page and "J'ai lu et j'accepte" not in page


def test_nobody_signed_in_reads_them_and_cannot_accept(today: date, in_demo: Commune) -> None:
    rules = publish(today)
    visitor = browser()

    assert "Règlement du périscolaire" in text(visitor.get("/reglement/"))
    assert "J'ai lu" not in text(visitor.get("/reglement/"))
    assert visitor.post("/reglement/", {"reglement": rules.pk}).headers["Location"] == "/?perdu=1"
    assert "Règlement du périscolaire" in text(visitor.get("/aide/"))


def test_going_on_leads_nowhere_else(today: date, marsone: Household) -> None:
    rules = publish(today)
    client, _where = come()

    answer = client.post("/reglement/", {"reglement": rules.pk, "suivant": "https://evil.example/"})

    assert answer.headers["Location"] == "/reglement/"
    assert "evil" not in text(client.get("/reglement/?suivant=//evil.example/"))


def test_asking_costs_one_statement_to_a_save(today: date, marsone: Household) -> None:
    client, _where = come()
    client.post(PLANNING, form_with(client.get(PLANNING), "vu").with_last_ticked())
    form = form_with(client.get(PLANNING), "vu").with_last_ticked()
    with counted() as save:
        client.post(PLANNING, form)

    assert len([one for one in save.statements if "town_houserules" in one]) == 1
    assert Receipt.objects.exists()


@pytest.mark.parametrize(
    ("minutes", "changed", "is_saved"),
    [(20, False, True), (31, False, False), (20, True, False)],
    ids=["read in twenty minutes", "read too long", "another form"],
)
def test_reading_the_rules_makes_nobody_late(
    today: date, marsone: Household, monkeypatch: pytest.MonkeyPatch, minutes: int, changed: bool, is_saved: bool
) -> None:
    """A form that came at 16h59, for a day whose deadline is 17h00, is judged at 16h59; no other form is."""
    site = Enrollment.objects.filter(child__custodies__household=marsone).latest("pk").school_class.site
    held = ServiceDay.objects.filter(site=site, activity__name="Accueil Soir", open=True, day__gt=today + timedelta(9))
    chosen, other = held.order_by("day")[:2]
    known = catalogue.read()
    rule = known.activities[chosen.activity_id].rule.book
    closes_at = deadline(rule, day=chosen.day, calendar=known.calendar, zone=context.current().zone)
    eve = closes_at - timedelta(minutes=1)
    monkeypatch.setattr(clock, "real_now", lambda: eve)
    publish(today)
    change_settings(session_minutes=60)
    client, _where = come()
    week = f"{PLANNING}?semaine={chosen.day:%G-W%V}"
    sent = form_with(client.get(week), "vu").fields
    sent["jour"] = [*sent.get("jour", []), f"{chosen.activity_id}-{chosen.day:%Y%m%d}"]
    asked = form_with(client.post(week, sent), "reglement").fields
    if changed:
        asked["jour"] = [*asked["jour"], f"{other.activity_id}-{other.day:%Y%m%d}"]

    monkeypatch.setattr(clock, "real_now", lambda: eve + timedelta(minutes=minutes))
    client.post(week, asked)

    assert Booking.objects.standing().filter(service_day=chosen, child__last_name="MARSONE").exists() is is_saved
    assert RulesAcceptance.objects.count() == 1


@pytest.mark.parametrize(
    "path", ["/enfants/123456/periodes/1/", "/enfants/123456/attente/1-20300101/", "/preinscription/", PLANNING]
)
def test_every_form_asks(today: date, marsone: Household, path: str) -> None:
    publish(today)
    client, _where = come()

    assert "Une dernière étape avant d'enregistrer" in text(client.post(path, {"x": "y"}))


def test_a_right_over_ones_data_waits_for_nothing(today: date, marsone: Household) -> None:
    publish(today)
    client, _where = come()

    answer = client.post("/donnees-personnelles/demandes/", {"kind": "other", "words": "?"})

    assert answer.headers["Location"].endswith("=demande")


def test_a_file_that_a_browser_will_not_send_twice_is_told(today: date, marsone: Household) -> None:
    publish(today)
    client, _where = come()

    page = text(
        client.post("/absences/nouvelle/", {"motif": "maladie", "document": SimpleUploadedFile("mot.png", b"x")})
    )

    assert "Une dernière étape" in page and "Seul le document joint est à choisir de nouveau" in page
    assert 'name="motif" value="maladie"' in page
