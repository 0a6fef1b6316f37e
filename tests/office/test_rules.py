"""The rules that families accept: published from a day, never changed afterwards, and who accepted is known."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.test import Client

from lps.accounts.models import Account
from lps.families.models import Enrollment, Household, Site
from lps.journal import house_rules as journal
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tenants.town import house_rules
from tenants.town.models import HouseRules
from tests.families.factories import BY
from tests.office.pages import signed_in, text
from tests.sql import counted

LIST, NEW = "/mairie/reglements/", "/mairie/reglements/nouveau/"


@pytest.fixture
def client(in_buchelay: Commune) -> Client:
    return signed_in(in_buchelay)


@pytest.fixture
def today(in_buchelay: Commune) -> date:
    return clock.today(in_buchelay.zone)


def words(day: date, **changed: str) -> dict[str, str]:
    return {"title": "Règlement", "body": "# Article 1\n\n**Soyez** à l'heure.", "in_force_from": str(day), **changed}


def draft(client: Client, day: date) -> HouseRules:
    """A draft written by its page."""
    assert client.post(NEW, words(day)).status_code == 302
    return HouseRules.objects.latest("pk")


def path(rules: HouseRules, door: str = "") -> str:
    return f"{LIST}{rules.pk}/{door}"


def published(client: Client, day: date) -> HouseRules:
    rules = draft(client, day)
    client.post(path(rules, "publier/"))
    rules.refresh_from_db()
    assert rules.published_at
    return rules


def told() -> list[str]:
    entries = AuditEntry.objects.filter(subject__startswith="rules:", actor_kind="agent").order_by("pk")
    return list(entries.values_list("action", flat=True))


def test_a_draft_is_read_as_families_will(client: Client, today: date) -> None:
    page = text(client.post(NEW, words(today), follow=True))

    assert "<h2>Article 1</h2>" in page and "<strong>Soyez</strong>" in page
    assert "Votre brouillon est gardé" in page and "brouillon" in page
    assert house_rules.in_force(day=today) is None


def test_a_version_is_in_force_from_its_day_until_the_next(client: Client, today: date) -> None:
    first, second = published(client, today), published(client, today + timedelta(days=9))

    assert house_rules.in_force(day=today + timedelta(days=8)) == first
    assert house_rules.in_force(day=today + timedelta(days=9)) == second
    page = text(client.get(LIST))
    assert "en vigueur" in page and "à venir" in page
    assert told() == ["rules_written", "rules_published"] * 2


def test_what_is_published_never_changes(client: Client, today: date) -> None:
    rules = published(client, today)

    answers = [
        client.get(path(rules, "modifier/")),
        *(client.post(path(rules, door), words(today)) for door in ("modifier/", "supprimer/", "retirer/", "publier/")),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert all("Faites-en une nouvelle version" in text(answer) for answer in answers)
    assert HouseRules.objects.get(pk=rules.pk).body == words(today)["body"]


def test_before_its_day_a_publication_is_taken_back(client: Client, today: date) -> None:
    rules = published(client, today + timedelta(days=3))

    client.post(path(rules, "retirer/"))

    assert HouseRules.objects.get(pk=rules.pk).published_at is None
    assert told()[-1] == "rules_withdrawn"


def test_a_day_that_is_past_or_taken_is_refused(client: Client, today: date) -> None:
    published(client, today)
    same, late = draft(client, today), draft(client, today - timedelta(days=1))

    refused = [client.post(path(rules, "publier/")) for rules in (same, late)]

    assert [answer.status_code for answer in refused] == [400, 400]
    assert "Un autre règlement entre en vigueur ce jour-là" in text(refused[0])
    assert "est passé" in text(refused[1]) and "Changer le jour" in text(refused[1])


def test_a_new_version_starts_from_the_old_words(client: Client, today: date) -> None:
    rules = published(client, today)

    page = text(client.post(path(rules, "copier/"), follow=True))

    assert "Voici une nouvelle version" in page and "**Soyez**" in page
    assert HouseRules.objects.filter(published_at=None).count() == 1
    assert house_rules.in_force(day=today) == rules


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "Donnez un titre."),
        ({"body": ""}, "Écrivez le règlement."),
        ({"body": "x" * 100_001}, "100000"),
        ({"in_force_from": "demain"}, "Ce jour n'existe pas"),
        ({"in_force_from": ""}, "Choisissez le jour."),
        ({"body": "a\x00"}, "caractère"),
    ],
)
def test_a_mistake_is_told(client: Client, today: date, wrong: dict[str, str], sentence: str) -> None:
    assert sentence in text(client.post(NEW, words(today, **wrong)))
    assert not HouseRules.objects.exists()


def accept(rules: HouseRules, household: Household, today: date) -> None:
    journal.accept(rules_id=rules.pk, holder=household.holder, day=today, at=clock.now(), by=BY, channel=Channel.WEB)


def test_who_accepted_and_who_has_not_is_listed_by_class(client: Client, today: date) -> None:
    rules = published(client, today)
    seat = Enrollment.objects.select_related("child", "school_class").order_by("pk")[0]
    household = Household.objects.get(custodies__child=seat.child)
    accept(rules, household, today)

    everybody = text(client.get(path(rules, "familles/")))
    in_class = client.get(path(rules, "familles/"), {"classe": seat.school_class_id})
    waiting = client.get(path(rules, "familles/"), {"classe": seat.school_class_id, "attente": "1"})

    assert "1 famille sur 60 l'a accepté" in everybody
    assert household.pk in {line.household_id for line in in_class.context["lines"]}
    assert household.pk not in {line.household_id for line in waiting.context["lines"]}
    assert all(line.school_class == seat.school_class.name for line in in_class.context["lines"])


def test_the_list_as_a_table(client: Client, today: date) -> None:
    rules = published(client, today)
    household = Household.objects.order_by("pk")[0]
    Household.objects.filter(pk=household.pk).update(name="=1+1")
    accept(rules, household, today)

    rows = list(
        csv.reader(io.StringIO(client.get(f"{LIST}{rules.pk}/familles.csv").content.decode("utf-8-sig")), delimiter=";")
    )

    assert rows[0] == ["école", "classe", "nom", "prénom", "famille", "accepté le"]
    assert len(rows) > 60
    assert {row[4] for row in rows[1:] if row[5]} == {"'=1+1"}


def test_an_agent_kept_to_a_school_sees_its_families(client: Client, today: date) -> None:
    rules = published(client, today)
    site = Site.objects.order_by("pk")[0]
    Account.objects.filter(email="claire@mairie.example").update(sites=[site.pk])

    lines = client.get(path(rules, "familles/")).context["lines"]

    assert {line.school for line in lines} == {site.name}
    assert client.post(NEW, words(today)).status_code == 403


def test_who_reads_may_not_write(client: Client, today: date, in_buchelay: Commune) -> None:
    rules = draft(client, today)
    Account.objects.filter(email="claire@mairie.example").update(roles=["lecture"])

    doors = ("modifier/", "publier/", "retirer/", "copier/", "supprimer/")
    answers = [client.get(NEW), *(client.post(path(rules, door), words(today)) for door in doors)]

    assert {answer.status_code for answer in answers} == {403}
    assert client.get(path(rules)).status_code == 200 and "Publier" not in text(client.get(path(rules)))


def test_the_list_costs_the_same_for_few_and_for_many(client: Client, today: date) -> None:
    rules = published(client, today)
    client.get(path(rules, "familles/"))
    one_class = str(Enrollment.objects.order_by("pk")[0].school_class_id)
    with counted() as few:
        client.get(path(rules, "familles/"), {"classe": one_class})
    with counted() as many:
        client.get(path(rules, "familles/"))

    assert len(few) == len(many) <= 11, str(many)
