"""A family sends its proof, an agent accepts it with the quotient or refuses it with a reason, the family is told."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client, TestCase

from billing.models import Quotient, QuotientProof
from billing.services import erasing, quotient_proofs
from billing.services.quotients import FOLDER
from billing.services.retention import apply_terms
from booking.documents import Document
from booking.models import Activity
from lps.accounts.roles import Role
from lps.families.erasers import Erased
from lps.families.identity import actor_of
from lps.families.models import Child, Household, Site
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from tenants.models import Commune
from tests.billing.factories import invoice, quotient
from tests.billing.test_tariffs_planning import price
from tests.booking.test_absences import photo
from tests.families.agents import signed_in as kept
from tests.office.pages import signed_in, text
from tests.sql import counted
from tests.zone import PARIS

PDF = b"%PDF-1.7\n%%EOF"
QUEUE = "/mairie/regie/quotients/justificatifs/"
State = QuotientProof.State
FIRST = clock.today(PARIS).replace(day=1)
LAST = FIRST + timedelta(days=300)


@pytest.fixture
def parent(demo: Commune, marsone: Household, morning: Activity) -> Client:
    """Of the MARSONE family, in a town whose prices depend on the quotient."""
    price(morning)
    client = Client(headers={"host": "demo.localhost"})
    client.post("/", {"child_code": "123456", "family_code": "654321"})
    return client


@pytest.fixture
def clerk(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


def send(parent: Client, content: bytes = PDF, **changed: str) -> Any:
    facts = {"kind": "family_fund", "document": SimpleUploadedFile("caf.pdf", content)}
    return parent.post("/quotient/", {**facts, **changed})


def sent(parent: Client, content: bytes = PDF) -> QuotientProof:
    assert send(parent, content).status_code == 302
    return QuotientProof.objects.get(state=State.SENT)


def answer(clerk: Client, proof: QuotientProof, **changed: str) -> Any:
    given = {"value": "512,50", "since": str(FIRST), "decision": "accept", "seen": quotient_proofs.seen(proof)}
    with TestCase.captureOnCommitCallbacks(execute=True):
        return clerk.post(f"{QUEUE}{proof.pk}/repondre/", {**given, **changed})


def test_from_the_family_to_the_quotient(parent: Client, clerk: Client, marsone: Household) -> None:
    told = OutboxMessage.objects.count()
    assert "Envoyer un justificatif" in text(parent.get("/quotient/"))
    proof = sent(parent)
    assert "Votre justificatif attend la mairie" in text(parent.get("/quotient/"))
    assert "MARSONE" in text(clerk.get(QUEUE))
    assert "Télécharger le PDF" in text(clerk.get(f"{QUEUE}{proof.pk}/"))
    assert clerk.get(f"{QUEUE}{proof.pk}/document/").content == PDF
    assert AuditEntry.objects.get(action="quotient_document_read").after == {"proof": proof.pk}

    assert answer(clerk, proof, last_day=str(LAST), words="Merci.").headers["Location"].endswith("fait=accepte")

    noted = Quotient.objects.get(household=marsone)
    assert (noted.value, noted.valid_during.lower, noted.valid_during.upper) == (
        Decimal("512.50"),
        FIRST,
        LAST + timedelta(days=1),
    )
    assert "attestation de la CAF" in noted.proof and default_storage.exists(noted.document)
    page = text(parent.get("/quotient/"))
    assert "Quotient noté par la mairie : 512,50" in page and "Merci." in page
    assert OutboxMessage.objects.count() > told
    assert "Aucun justificatif n'attend" in text(clerk.get(QUEUE))
    assert "MARSONE" in text(clerk.get(f"{QUEUE}?etat=examines"))


def test_the_familys_page_says_that_one_waits(parent: Client, clerk: Client, marsone: Household) -> None:
    page = f"/mairie/familles/{marsone.pk}/quotient/"
    assert "attend votre réponse" not in text(clerk.get(page))

    proof = sent(parent)

    assert "il attend votre réponse" in text(clerk.get(page))
    assert f'href="{QUEUE}{proof.pk}/"' in clerk.get(page).content.decode()


def test_nothing_is_left_in_the_store_when_it_cannot_be_written(
    marsone: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_facts: object) -> None:
        raise DatabaseError

    kept = len(default_storage.listdir(FOLDER)[1]) if default_storage.exists(FOLDER) else 0
    monkeypatch.setattr(quotient_proofs, "record", broken)

    with pytest.raises(DatabaseError):
        quotient_proofs.send(
            household=marsone,
            kind=QuotientProof.Kind.FAMILY_FUND,
            document=Document(PDF, "pdf"),
            by=actor_of(marsone),
            at=clock.now(),
        )

    assert len(default_storage.listdir(FOLDER)[1]) == kept
    assert not QuotientProof.objects.exists()


def test_a_refusal_says_why_and_notes_nothing(parent: Client, clerk: Client, marsone: Household) -> None:
    proof = sent(parent)

    missing = answer(clerk, proof, decision="refuse", value="zut")
    assert (missing.status_code, "pourquoi ce justificatif est refusé" in text(missing)) == (400, True)
    answer(clerk, proof, decision="refuse", words="La photo est floue.", value="zut")

    assert not Quotient.objects.exists()
    assert "La photo est floue." in text(parent.get("/quotient/"))
    assert AuditEntry.objects.get(action="quotient_proof_answered").after["state"] == State.REFUSED


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"value": ""}, "Écrivez le quotient que vous lisez"),
        ({"value": "-3"}, "il s'écrit comme 50,70"),
        ({"since": ""}, "Choisissez le premier jour"),
        ({"since": "0001-01-01"}, "entre 2000 et 2199"),
        ({"last_day": str(FIRST - timedelta(days=31))}, "avant le premier"),
        ({"decision": ""}, "Acceptez ou refusez"),
        ({"decision": "x"}, "Acceptez ou refusez"),
        ({"words": "a\0"}, "nul"),
        ({"words": "a" * 301}, "300"),
    ],
)
def test_what_cannot_be_accepted_is_said(
    parent: Client, clerk: Client, changed: Mapping[str, str], sentence: str
) -> None:
    proof = sent(parent)

    refused = answer(clerk, proof, **changed)

    assert (refused.status_code, sentence in text(refused)) == (400, True)
    assert not Quotient.objects.exists() and QuotientProof.objects.get().state == State.SENT


def test_another_document_sent_meanwhile_is_not_answered_unseen(parent: Client, clerk: Client) -> None:
    seen = sent(parent)
    with TestCase.captureOnCommitCallbacks(execute=True):
        new = sent(parent, photo())
    assert new.pk == seen.pk and not default_storage.exists(seen.document)

    answered = answer(clerk, seen)

    assert answered.headers["Location"].endswith("fait=entre-temps")
    assert not Quotient.objects.exists()
    assert answer(clerk, new).headers["Location"].endswith("fait=accepte")
    assert answer(clerk, new).headers["Location"].endswith("fait=entre-temps")
    assert Quotient.objects.count() == 1


def test_taken_back_it_is_gone(parent: Client, clerk: Client) -> None:
    proof = sent(parent)
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert parent.post("/quotient/retirer/").headers["Location"].endswith("fait=retire")

    assert parent.post("/quotient/retirer/").headers["Location"].endswith("fait=trop-tard")
    assert not default_storage.exists(proof.document)
    assert clerk.get(f"{QUEUE}{proof.pk}/document/").status_code == 404
    assert answer(clerk, proof).headers["Location"].endswith("fait=entre-temps")


@pytest.mark.parametrize("content", [b"", b"<html>", b"%PDF-1.7 cut", b"x" * (8 * 1024 * 1024 + 1)])
def test_what_is_no_document_is_refused_with_a_sentence(parent: Client, content: bytes) -> None:
    refused = send(parent, content)

    assert (refused.status_code, "à corriger" in text(refused)) == (400, True)
    assert not QuotientProof.objects.exists()


def test_an_unknown_kind_is_refused(parent: Client) -> None:
    assert send(parent, kind="x" * 99).status_code == 400


def test_a_document_is_its_own_familys(parent: Client, stranger: Household) -> None:
    proof = sent(parent)
    assert parent.get(f"/quotient/{proof.pk}/document/").content == PDF
    QuotientProof.objects.update(household=stranger)

    assert parent.get(f"/quotient/{proof.pk}/document/").status_code == 404


def test_an_agent_kept_to_another_school_sees_none_of_it(demo: Commune, parent: Client) -> None:
    proof = sent(parent)
    theirs = Child.objects.get(first_name="Angéline").enrollments.earliest("pk").school_class.site
    other = Site.objects.create(name="École Voisine")

    own, far = kept(demo, Role.SCHOOL, sites=[theirs.pk]), kept(demo, Role.SCHOOL, sites=[other.pk])

    assert "MARSONE" in text(own.get(QUEUE)) and own.get(f"{QUEUE}{proof.pk}/").status_code == 200
    assert "MARSONE" not in text(far.get(QUEUE))
    assert far.get(f"{QUEUE}{proof.pk}/").status_code == 404
    assert answer(far, proof).status_code == 404


def test_a_late_one_leads_to_the_correction(parent: Client, clerk: Client, marsone: Household) -> None:
    invoice(marsone)

    assert "/quotient/?fait=tardif" in answer(clerk, sent(parent), since="2012-01-01").headers["Location"]


def test_a_new_quotient_begins_where_the_last_one_ends(
    parent: Client, clerk: Client, demo: Commune, marsone: Household
) -> None:
    proof, end = sent(parent), clock.today(demo.zone) + timedelta(days=20)
    old = quotient(marsone, since=date(2020, 1, 1))
    Quotient.objects.filter(pk=old.pk).update(valid_during=(date(2020, 1, 1), end))

    assert f'value="{end:%Y-%m-%d}"' in text(clerk.get(f"{QUEUE}{proof.pk}/"))


def test_where_no_price_depends_on_it_nothing_is_asked(demo: Commune, marsone: Household) -> None:
    client = Client(headers={"host": "demo.localhost"})
    client.post("/", {"child_code": "123456", "family_code": "654321"})

    assert "vous n'avez rien à envoyer" in text(client.get("/quotient/"))


def test_documents_go_after_their_term_and_with_the_family(parent: Client, clerk: Client, marsone: Household) -> None:
    refused = sent(parent)
    answer(clerk, refused, decision="refuse", words="Floue.")
    QuotientProof.objects.update(answered_at=clock.now() - timedelta(days=59))
    with TestCase.captureOnCommitCallbacks(execute=True):
        apply_terms(today=clock.today(PARIS), now=clock.now())
    assert default_storage.exists(refused.document)

    QuotientProof.objects.update(answered_at=clock.now() - timedelta(days=61))
    with TestCase.captureOnCommitCallbacks(execute=True):
        apply_terms(today=clock.today(PARIS), now=clock.now())
    assert not default_storage.exists(refused.document) and QuotientProof.objects.get().document == ""

    waiting = sent(parent)
    with TestCase.captureOnCommitCallbacks(execute=True):
        erased = Erased(households=(marsone.pk,), children=(), day=clock.today(PARIS))
        erasing.erase(erased, by=Actor.system("essai"), at=clock.now())
    assert not QuotientProof.objects.exists() and not default_storage.exists(waiting.document)


def test_the_queue_costs_the_same_for_ten(parent: Client, clerk: Client, stranger: Household) -> None:
    sent(parent)
    with counted() as one:
        clerk.get(QUEUE)
    QuotientProof.objects.create(household=stranger, kind="tax", sent_at=clock.now())

    with counted() as two:
        clerk.get(QUEUE)
    assert len(two) == len(one)
