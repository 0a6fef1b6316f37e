"""The document that proves a quotient: kept, read by who may, told, carried by a correction, gone in its time."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase

from billing.models import Quotient
from billing.services import erasing
from billing.services.retention import apply_terms
from lps.accounts.roles import Role
from lps.families.erasers import Erased
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.office.pages import signed_in, text
from tests.zone import PARIS

PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture
def client(demo: Commune, in_demo: Commune) -> Client:
    return signed_in(demo, Role.CASH_OFFICE)


def path(home: Household) -> str:
    return f"/mairie/familles/{home.pk}/quotient/"


def form(content: bytes | None = PDF, **changed: str) -> Mapping[str, Any]:
    sent = {"document": SimpleUploadedFile("caf.pdf", content)} if content is not None else {}
    return {"value": "650,50", "since": "2020-09-01", "last_day": "2021-08-31", "proof": "CAF", **changed, **sent}


def noted(client: Client, home: Household) -> Quotient:
    assert client.post(path(home), form()).status_code == 302
    return Quotient.objects.get(household=home)


def test_the_document_is_read_and_its_reading_is_told(client: Client, marsone: Household) -> None:
    made = noted(client, marsone)
    assert "document du quotient 650,50" in text(client.get(path(marsone)))

    answer = client.get(f"{path(marsone)}{made.pk}/document/")

    assert (answer.content, answer.headers["Content-Type"]) == (PDF, "application/pdf")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert AuditEntry.objects.get(action="quotient_document_read").after == {"quotient": made.pk}


def test_the_document_of_another_family_is_no_page(client: Client, marsone: Household, stranger: Household) -> None:
    made = noted(client, marsone)

    assert client.get(f"{path(stranger)}{made.pk}/document/").status_code == 404


@pytest.mark.parametrize("content", [b"", b"<html>", b"%PDF-1.7 cut", b"x" * (8 * 1024 * 1024 + 1)])
def test_what_is_no_document_is_refused_with_a_sentence(client: Client, marsone: Household, content: bytes) -> None:
    answer = client.post(path(marsone), form(content))

    assert (answer.status_code, "corriger" in text(answer)) == (400, True)
    assert not Quotient.objects.exists()


def test_a_correction_keeps_the_document_or_takes_another(client: Client, marsone: Household) -> None:
    first = noted(client, marsone).document
    client.post(path(marsone), form(None, value="700"))
    assert Quotient.objects.get().document == first

    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post(path(marsone), form(PDF, value="710"))

    assert Quotient.objects.get().document not in ("", first)
    assert not default_storage.exists(first)


def test_it_goes_a_year_after_the_end_and_not_before(client: Client, marsone: Household) -> None:
    name = noted(client, marsone).document
    apply_terms(today=date(2022, 8, 31), now=clock.now())
    assert Quotient.objects.get().document == name

    with TestCase.captureOnCommitCallbacks(execute=True):
        apply_terms(today=date(2022, 9, 2), now=clock.now())

    assert (Quotient.objects.get().document, default_storage.exists(name)) == ("", False)


def test_it_is_erased_with_the_family(client: Client, marsone: Household) -> None:
    name = noted(client, marsone).document

    with TestCase.captureOnCommitCallbacks(execute=True):
        erased = Erased(households=(marsone.pk,), children=(), day=clock.today(PARIS))
        erasing.erase(erased, by=Actor.system("essai"), at=clock.now())

    assert not Quotient.objects.exists() and not default_storage.exists(name)
