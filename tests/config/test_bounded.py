"""A body heavier than any form of ours: refused before a byte of it is read, whoever sends it and wherever."""

import re
from pathlib import Path

import pytest
from django.core.files import uploadhandler
from django.http import HttpResponse
from django.test import Client

from billing.rules import reconciliation
from booking import documents
from lps.config.bounded import MOST_BYTES
from lps.families.importing import reading
from tenants.models import Commune
from tenants.town import pictures
from tests.accounts.factories import browser, console_browser
from voice.services import recordings

ROOT = Path(__file__).parents[2]
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="fichier"; filename="a.csv"\r\n\r\nnom\r\n'
    b'--x\r\nContent-Disposition: form-data; name="child_code"\r\n\r\n123456\r\n--x--\r\n'
)


def sent(client: Client, path: str, *, length: object) -> HttpResponse:
    """A form with a file, which says that it is so long."""
    kind = "multipart/form-data; boundary=x"
    return client.generic("POST", path, FORM, content_type=kind, CONTENT_LENGTH=str(length))


@pytest.fixture
def files_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are begun."""
    found: list[str] = []

    def noted(self: object, field_name: str, *rest: object, **more: object) -> None:
        found.append(field_name)

    monkeypatch.setattr(uploadhandler.FileUploadHandler, "new_file", noted)
    return found


def test_nobody_sends_more_than_a_form_of_ours_holds(demo: Commune, files_read: list[str]) -> None:
    doors = [browser(demo), console_browser(), Client(headers={"host": "inconnue.localhost"})]

    for client in doors:
        client.handler.enforce_csrf_checks = True
        answer = sent(client, "/", length=MOST_BYTES + 1)
        assert answer.status_code == 413
        assert "Cet envoi est trop lourd" in answer.content.decode()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert files_read == []


def test_software_reads_a_problem(demo: Commune) -> None:
    answer = sent(browser(demo), "/api/v1/familles/ajouter/", length=MOST_BYTES + 1)

    assert (answer.status_code, answer.json()["type"]) == (413, "/api/docs/#probleme-corps-trop-grand")


def test_what_is_lighter_is_read(demo: Commune) -> None:
    answer = sent(browser(demo), "/", length=len(FORM))

    assert answer.status_code == 200
    assert 'value="123456"' in answer.content.decode()


@pytest.mark.parametrize("length", ["", "-1", "beaucoup", "²"])
def test_a_length_that_is_none_is_no_failure(demo: Commune, length: str) -> None:
    assert sent(browser(demo), "/", length=length).status_code in (200, 400)


def test_the_heaviest_file_of_each_page_passes_and_the_proxy_lets_our_sentence_be_read() -> None:
    files = (reading, documents, pictures, reconciliation)
    [proxy] = re.findall(r"max_size (\d+)MB", (ROOT / "deploy/compose/Caddyfile").read_text())

    assert max(recordings.MOST_BYTES, *(one.MAX_BYTES for one in files)) < MOST_BYTES < int(proxy) * 1_000_000
