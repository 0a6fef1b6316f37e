"""An agent kept to one school or activity: codes, requests, files and money of the other families are not for it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lps.accounts.roles import Role
from lps.families import services, tasks
from lps.families.models import Child, DataRequest, Household, LettersBatch, SchoolClass, Site
from lps.families.services import NewChild, letters
from lps.journal import house_rules
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants.models import Commune
from tenants.town.house_rules import Text
from tests.families.agents import signed_in
from tests.families.factories import BY, household

PAGE = "/mairie/familles/"


@pytest.fixture
def ce1(in_demo: Commune) -> SchoolClass:
    """A class of this year, with one pupil."""
    found = SchoolClass.objects.filter(school_year__during__contains=clock.today(in_demo.zone)).first()
    assert found is not None
    return found


@pytest.fixture
def home(ce1: SchoolClass) -> Household:
    """The family of that pupil."""
    return household(name="MARSONE", children=[NewChild(first_name="Zélie", last_name="MARSONE", school_class=ce1)])


@pytest.fixture
def asked(home: Household) -> DataRequest:
    """What that family asked about its data."""
    return services.ask_about_data(
        household=home,
        kind=DataRequest.Kind.RECTIFY,
        words="Corrigez mon adresse",
        by=BY,
        channel=Channel.WEB,
        received_at=clock.now(),
    )


@pytest.fixture
def elsewhere(in_demo: Commune) -> Client:
    """An agent of another school."""
    return signed_in(in_demo, sites=[Site.objects.create(name="École d'ailleurs").pk])


def test_it_prints_no_letter_of_another_school(elsewhere: Client, ce1: SchoolClass, home: Household) -> None:
    page = elsewhere.get(f"{PAGE}lettres/").content.decode()
    sent = elsewhere.post(f"{PAGE}lettres/", {"classe": ce1.pk})

    assert f'value="{ce1.pk}"' not in page
    assert "Cochez au moins une classe" in sent.content.decode()
    assert not LettersBatch.objects.exists()


def test_it_takes_no_letter_that_a_colleague_printed(elsewhere: Client, ce1: SchoolClass, home: Household) -> None:
    of_class = letters.ask_for_classes(classes=[ce1.pk], by=BY)
    of_family = letters.print_for_household(household=home, by=BY)
    tasks.draw_letters.run()

    for batch in (of_class, of_family):
        assert elsewhere.get(f"{PAGE}lettres/{batch.pk}/0.pdf").status_code == 404
    assert f"/lettres/{of_class.pk}/" not in elsewhere.get(f"{PAGE}lettres/").content.decode()


def test_it_prints_those_of_its_own(in_demo: Commune, ce1: SchoolClass, home: Household) -> None:
    own = signed_in(in_demo, sites=[ce1.site_id])

    own.post(f"{PAGE}lettres/", {"classe": ce1.pk})
    tasks.draw_letters.run()

    [batch] = LettersBatch.objects.all()
    assert f"/lettres/{batch.pk}/0.pdf" in own.get(f"{PAGE}lettres/").content.decode()
    assert own.get(f"{PAGE}lettres/{batch.pk}/0.pdf").status_code == 200
    letter = own.post(f"{PAGE}{home.pk}/codes/lettre/")
    assert own.get(letter.headers["Location"]).status_code == 200


def test_it_neither_reads_nor_answers_what_other_families_ask(elsewhere: Client, asked: DataRequest) -> None:
    path = f"{PAGE}demandes/{asked.pk}/"

    assert "MARSONE" not in elsewhere.get(f"{PAGE}demandes/").content.decode()
    assert elsewhere.get(path).status_code == 404
    assert elsewhere.post(path, {"answer": "C'est fait."}).status_code == 404
    assert "Demandes des familles sur leurs données" not in elsewhere.get("/mairie/").content.decode()
    asked.refresh_from_db()
    assert asked.answered_at is None


def test_it_answers_those_of_its_own(in_demo: Commune, ce1: SchoolClass, asked: DataRequest) -> None:
    own = signed_in(in_demo, sites=[ce1.site_id])

    assert "MARSONE" in own.get(f"{PAGE}demandes/").content.decode()
    assert own.post(f"{PAGE}demandes/{asked.pk}/", {"answer": "C'est fait."}).status_code == 302


def test_it_imports_nothing_since_a_file_may_hold_every_school(elsewhere: Client) -> None:
    sent = elsewhere.post(f"{PAGE}imports/", {"fichier": SimpleUploadedFile("f.csv", b"a;b")})

    assert [elsewhere.get(f"{PAGE}imports/").status_code, sent.status_code] == [403, 403]


def test_it_speaks_for_no_sibling_of_another_school(in_demo: Commune, ce1: SchoolClass) -> None:
    there = SchoolClass.objects.create(
        name="CP", level="CP", site=Site.objects.create(name="École d'ailleurs"), school_year=ce1.school_year
    )
    both = [NewChild(first_name="Zélie", last_name="DUO", school_class=ce1)]
    both += [NewChild(first_name="Youri", last_name="DUO", school_class=there)]
    home = household(name="DUO", children=both)
    sibling = Child.objects.get(first_name="Youri", last_name="DUO")
    own = signed_in(in_demo, sites=[ce1.site_id])

    page = own.get(f"{PAGE}{home.pk}/absences/").content.decode()
    noted = own.post(f"{PAGE}{home.pk}/absences/noter/", {"child": sibling.pk, "first_day": "2030-01-07"})

    assert "Zélie DUO" in page and "Youri DUO" not in page
    assert noted.status_code == 400


def test_it_erases_no_family_that_has_a_child_at_another_school(in_demo: Commune, ce1: SchoolClass) -> None:
    there = SchoolClass.objects.create(
        name="CP", level="CP", site=Site.objects.create(name="École d'ailleurs"), school_year=ce1.school_year
    )
    alone = household(name="SEUL", children=[NewChild(first_name="Zélie", last_name="SEUL", school_class=ce1)])
    both = [NewChild(first_name=name, last_name="DUO", school_class=at) for name, at in (("Ava", ce1), ("Bo", there))]
    home = household(name="DUO", children=both)
    own, whole = signed_in(in_demo, sites=[ce1.site_id]), signed_in(in_demo)
    path = f"{PAGE}{home.pk}/effacer/"

    assert (own.get(path).status_code, own.post(path, {"sure": "on"}).status_code) == (403, 403)
    assert path not in own.get(f"{PAGE}{home.pk}/").content.decode()
    assert Child.objects.filter(last_name="DUO", anonymized_at__isnull=True).count() == 2
    assert own.get(f"{PAGE}{alone.pk}/effacer/").status_code == 200
    assert whole.get(path).status_code == 200 and path in whole.get(f"{PAGE}{home.pk}/").content.decode()


def test_it_reads_no_resident_who_subscribed_to_sms(elsewhere: Client) -> None:
    assert elsewhere.get("/mairie/sms/abonnes/").status_code == 403
    assert "/mairie/sms/abonnes/" not in elsewhere.get("/mairie/sms/").content.decode()


def test_one_kept_to_an_activity_reads_no_familys_money(in_demo: Commune, home: Household) -> None:
    agent = signed_in(in_demo, Role.CASH_OFFICE, Role.SCHOOL, activities=[1])
    pages = [
        "/mairie/regie/encaissements/?q=MARSONE",
        "/mairie/regie/quotients/justificatifs/",
        *(f"{PAGE}{home.pk}/{part}/" for part in ("factures", "reglements", "quotient")),
    ]

    assert {path: agent.get(path).status_code for path in pages} == dict.fromkeys(pages, 403)


def test_one_kept_to_an_activity_reads_no_list_of_who_accepted_the_rules(in_demo: Commune, home: Household) -> None:
    text = Text(title="Règlement", body="Article 1", in_force_from=clock.today(in_demo.zone))
    rules = house_rules.write(text=text, by=BY)
    agent = signed_in(in_demo, activities=[1])

    for part in ("familles/", "familles.csv"):
        assert agent.get(f"/mairie/reglements/{rules.pk}/{part}").status_code == 403
    assert signed_in(in_demo).get(f"/mairie/reglements/{rules.pk}/familles/").status_code == 200
