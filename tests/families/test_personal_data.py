"""What is kept and why, for everyone; copies, consents and requests, for the family signed in."""

import csv
import io
import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from lps.accounts.roles import Role
from lps.families import services
from lps.families.models import DataRequest, Household
from lps.families.services import NewChild
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import Address, OutboxMessage
from notifications.queries import addresses_of
from notifications.services import prove_address
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import agent, enter
from tests.families.doors import browser, cost, link_sent, sign_in
from tests.families.factories import ALWAYS, BY, child_of, household, school_class

PAGE = "/donnees-personnelles/"
OFFICE = "/mairie/familles/demandes/"


@pytest.fixture
def client(martin: Household) -> Client:
    """The MARTIN family's browser, signed in."""
    signed_in = browser()
    sign_in(signed_in, martin)
    return signed_in


@pytest.fixture
def address(martin: Household) -> Address:
    return prove_address(holder=martin.holder, value="alice@example.org", consent="v1", by=BY, channel=Channel.WEB)


def text(response: HttpResponse) -> str:
    return response.content.decode()


def exported(client: Client) -> dict[str, list[dict[str, Any]]]:
    """The parts of the JSON copy."""
    return json.loads(text(client.get(f"{PAGE}export.json")))["données"]


def table(client: Client) -> list[list[str]]:
    """The lines of the CSV copy, as a French spreadsheet reads them, without their header."""
    answer = client.get(f"{PAGE}export.csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))[1:]


def asked(home: Household, *, words: str = "Mon numéro a changé.") -> DataRequest:
    return services.ask_about_data(
        household=home,
        kind=DataRequest.Kind.RECTIFY,
        words=words,
        by=BY,
        channel=Channel.WEB,
        received_at=clock.now(),
    )


def clerk(commune: Commune, role: str = Role.SCHOOL) -> Client:
    """An agent's browser, signed in."""
    signed_in = browser(commune.slug)
    enter(signed_in, agent(commune, role))
    return signed_in


# For everyone


def test_everyone_reads_what_is_kept_why_and_whom_to_write_to(in_buchelay: Commune) -> None:
    page = text(browser("buchelay").get(PAGE))

    told = (
        "mission d&#x27;intérêt public",
        "l&#x27;année scolaire et la suivante",
        "adresser une plainte à la CNIL",
        "01 30 98 10 78",
    )
    assert [words for words in told if words not in page and words.replace("&#x27;", "'") not in page] == []
    assert 'href="/?suivant=/donnees-personnelles/"' in page
    assert "export.json" not in page and "Mes consentements" not in page


# Copies


def test_the_json_copy_holds_all_that_the_portal_knows(client: Client, martin: Household, address: Address) -> None:
    asked(martin)

    parts = exported(client)

    assert parts["Famille"][0]["code famille"] == "72000001"
    assert [child["code enfant"] for child in parts["Enfants"]] == ["71000001", "71000005"]
    assert parts["Représentants"][0]["courriel"] == "Alice.Martin@example.org"
    assert parts["Représentants"][0]["payeur"] is True
    assert parts["Classes"][0]["classe"] == "CE1 - Mme Formatrice"
    assert parts["Adresses et consentements"][0]["adresse"] == "alice@example.org"
    assert parts["Demandes"][0]["précisions"] == "Mon numéro a changé."
    assert {"Réservations", "Modifications", "Reçus"} <= parts.keys()


def test_a_copy_is_a_file_that_no_cache_keeps(client: Client) -> None:
    answers = {form: client.get(f"{PAGE}export.{form}") for form in ("json", "csv")}

    for form, answer in answers.items():
        assert answer.headers["Content-Disposition"] == f'attachment; filename="donnees-famille.{form}"'
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert answers["csv"].content.startswith("\ufeff".encode())


def test_the_csv_copy_holds_the_same_lines_as_the_json_one(client: Client, martin: Household, address: Address) -> None:
    asked(martin)
    parts = exported(client)

    lines = table(client)

    wanted = [
        [name, str(number), label]
        for name, rows in parts.items()
        for number, row in enumerate(rows, start=1)
        for label in row
    ]
    assert [line[:3] for line in lines] == wanted
    assert ["Famille", "1", "code famille", "72000001"] in lines
    assert ["Représentants", "1", "payeur", "oui"] in lines
    assert ["Enfants", "1", "dans la famille à partir du", "01/01/2000"] in lines


def test_hours_are_those_of_the_commune_in_the_table(client: Client, martin: Household) -> None:
    one = asked(martin)

    told = next(line[3] for line in table(client) if line[2] == "reçue le")

    assert told == f"{one.received_at.astimezone(context.current().zone):%d/%m/%Y %H:%M:%S}"


@pytest.mark.parametrize(
    "words",
    [
        '=HYPERLINK("http://ailleurs.example";"ici")',
        "+33 6 12 34 56 78",
        "-2+3",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
    ],
)
def test_no_cell_is_taken_for_a_formula(client: Client, martin: Household, words: str) -> None:
    martin.name = "=1+1"
    martin.save()
    asked(martin, words=words)

    cells = [line[3] for line in table(client)]

    assert "'=1+1" in cells and f"'{words}" in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []


def test_separators_and_quotes_stay_in_their_cell(client: Client, martin: Household) -> None:
    asked(martin, words='Rue "des; Lilas"\nBuchelay')

    assert ["Demandes", "1", "précisions", 'Rue "des; Lilas"\nBuchelay'] in table(client)


def test_a_copy_holds_nothing_of_another_household(client: Client, martin: Household, stranger: Household) -> None:
    """Not even of the one that shares a child: its code, its name and its days stay its own."""
    services.share_child(child=child_of(martin), household=stranger, custody=ALWAYS, by=BY, channel=Channel.OFFICE)
    asked(stranger, words="Rien que pour la mairie.")

    copies = [text(client.get(f"{PAGE}export.{form}")) for form in ("json", "csv")]

    foreign = ("82000001", "81000001", "AUTRE", "autre@example.org", "Rien que pour la mairie.")
    assert [(word, copy[:20]) for copy in copies for word in foreign if word in copy] == []


def test_a_copy_is_written_in_the_journal_without_its_content(client: Client, martin: Household) -> None:
    client.get(f"{PAGE}export.csv")

    entry = AuditEntry.objects.get(action="personal_data_exported")
    assert (entry.subject, entry.after, entry.channel) == (martin.holder, {"form": "csv"}, Channel.WEB)


# Consents


def test_a_consent_is_shown_then_withdrawn(client: Client, martin: Household, address: Address) -> None:
    before = text(client.get(PAGE))

    answer = client.post(f"{PAGE}consentements/{address.pk}/retrait/", follow=True)

    assert "alice@example.org" in before and "Retirer" in before
    assert "Votre consentement est retiré" in text(answer) and "retiré le" in text(answer)
    assert list(addresses_of(martin.holder)) == []
    assert AuditEntry.objects.filter(action="address_withdrawn", subject=martin.holder).count() == 1


def test_withdrawing_twice_keeps_the_first_date(client: Client, address: Address) -> None:
    client.post(f"{PAGE}consentements/{address.pk}/retrait/")
    first = Address.objects.get().withdrawn_at

    client.post(f"{PAGE}consentements/{address.pk}/retrait/")

    assert Address.objects.get().withdrawn_at == first
    assert AuditEntry.objects.filter(action="address_withdrawn").count() == 1


def test_another_familys_consent_does_not_exist(client: Client, stranger: Household) -> None:
    theirs = prove_address(holder=stranger.holder, value="z@example.org", consent="v1", by=BY, channel=Channel.WEB)

    answers = [client.post(f"{PAGE}consentements/{pk}/retrait/") for pk in (theirs.pk, 999_999)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert text(answers[0]) == text(answers[1])
    theirs.refresh_from_db()
    assert theirs.withdrawn_at is None


# Requests and their answers


def test_a_request_reaches_the_agents_and_its_answer_the_family(
    client: Client, martin: Household, in_demo: Commune
) -> None:
    sent = client.post(f"{PAGE}demandes/", {"kind": "rectify", "words": "Léa s'écrit LÉA."}, follow=True)
    office = clerk(in_demo)
    listed, one = text(office.get(OFFICE)), DataRequest.objects.get()
    shown = text(office.get(f"{OFFICE}{one.pk}/"))
    answered = office.post(f"{OFFICE}{one.pk}/", {"answer": "C'est corrigé."}, follow=True)

    assert "Votre demande est enregistrée" in text(sent) and "en attente" in text(sent)
    assert "MARTIN" in listed and "à traiter" in listed
    assert "Léa s&#x27;écrit LÉA." in shown
    assert "Votre réponse est enregistrée" in text(answered) and "traitée" in text(answered)
    page = text(client.get(PAGE))
    assert "C&#x27;est corrigé." in page and "en attente" not in page


def test_an_answer_is_told_by_mail_without_its_words(martin: Household, in_demo: Commune, address: Address) -> None:
    one = asked(martin)

    clerk(in_demo).post(f"{OFFICE}{one.pk}/", {"answer": "C'est corrigé."})

    assert {message.address for message in OutboxMessage.objects.all()} == {
        "Alice.Martin@example.org",
        "alice@example.org",
    }
    assert link_sent() == PAGE
    entry = AuditEntry.objects.get(action="data_request_answered")
    assert (entry.actor_kind, entry.channel) == ("agent", Channel.OFFICE)
    assert "corrigé" not in f"{entry.before}{entry.after}"


def test_a_request_is_answered_once(martin: Household, in_demo: Commune) -> None:
    one, office = asked(martin), clerk(in_demo)
    services.answer_data_request(asked=one, words="La première.", by=BY, channel=Channel.OFFICE)
    mails = OutboxMessage.objects.count()

    late = office.post(f"{OFFICE}{one.pk}/", {"answer": "La seconde."})

    one.refresh_from_db()
    assert "a déjà reçu une réponse" in text(late) and "La première." in text(late)
    assert (one.answer, OutboxMessage.objects.count()) == ("La première.", mails)


def test_an_empty_answer_is_not_sent(martin: Household, in_demo: Commune) -> None:
    one = asked(martin)

    page = text(clerk(in_demo).post(f"{OFFICE}{one.pk}/", {"answer": "  "}))

    one.refresh_from_db()
    assert "Écrivez la réponse." in page and one.answered_at is None


def test_those_to_answer_come_first_and_a_page_holds_fifty(martin: Household, in_demo: Commune) -> None:
    done = asked(martin, words="déjà répondue")
    services.answer_data_request(asked=done, words="Oui.", by=BY, channel=Channel.OFFICE)
    for _ in range(50):
        asked(martin)
    office = clerk(in_demo)

    first, second = text(office.get(OFFICE)), text(office.get(f"{OFFICE}?page=2"))

    assert (first.count("à traiter"), first.count("traitée<")) == (50, 0)
    assert (second.count("à traiter"), second.count("traitée<")) == (0, 1)
    assert "?page=2" in first and "?page=1" in second


@pytest.mark.parametrize(
    ("kind", "words"), [("steal", "?"), ("", "?"), ("rectify", "x" * 2001), ("rectify", "null \x00 character")]
)
def test_a_request_that_cannot_be_is_refused_and_not_kept(client: Client, kind: str, words: str) -> None:
    answer = client.post(f"{PAGE}demandes/", {"kind": kind, "words": words})

    assert answer.status_code == 200 and "Une information est à corriger" in text(answer)
    assert DataRequest.objects.count() == 0


def test_one_family_buries_nobody_elses_requests(client: Client) -> None:
    sent = [client.post("/donnees-personnelles/demandes/", {"kind": "other", "words": f"{n % 10}"}) for n in range(12)]
    refused = client.post("/donnees-personnelles/demandes/", {"kind": "other", "words": "une de plus"})

    assert {answer.status_code for answer in sent} == {302}, "the same one twice is one"
    assert "10 de vos demandes attendent déjà" in refused.content.decode()
    assert DataRequest.objects.count() == 10


def test_what_a_family_writes_is_never_markup(client: Client, martin: Household, in_demo: Commune) -> None:
    one = asked(martin, words="<script>alert(1)</script>")
    office = clerk(in_demo)
    services.answer_data_request(asked=one, words="<b>oui</b>", by=BY, channel=Channel.OFFICE)

    pages = [text(client.get(PAGE)), text(office.get(OFFICE)), text(office.get(f"{OFFICE}{one.pk}/"))]

    assert not [page for page in pages if "<script>alert" in page or "<b>oui" in page]


@pytest.mark.parametrize(("role", "seen"), [(Role.SCHOOL, True), (Role.ADMINISTRATOR, True), (Role.CANTEEN, False)])
def test_the_rail_leads_only_where_one_may_go(in_demo: Commune, role: str, seen: bool) -> None:
    page = text(clerk(in_demo, role).get("/mairie/"))

    assert (f'href="{OFFICE}"' in page) is seen


def test_the_page_costs_the_same_for_ten_more_requests(client: Client, martin: Household) -> None:
    asked(martin)
    before = cost(client, PAGE)

    for _ in range(10):
        asked(martin)

    assert cost(client, PAGE) == before


def test_a_shared_childs_class_is_in_both_copies(martin: Household) -> None:
    other = household(
        name="DUPONT",
        code="92000001",
        children=[NewChild(first_name="Tom", last_name="DUPONT", code="91000001", school_class=school_class())],
    )
    services.share_child(child=child_of(martin), household=other, custody=ALWAYS, by=BY, channel=Channel.OFFICE)
    theirs = browser()
    sign_in(theirs, other)

    classes = exported(theirs)["Classes"]

    assert {row["enfant"] for row in classes} == {"Léa MARTIN", "Tom DUPONT"}
