"""The pages as production serves them, behind a proxy that ends TLS."""

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from deploy.processes import LOOPBACK
from tests.live import Answer, Pages, Site

ROOT = Path(__file__).resolve().parents[2]
HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture(scope="module")
def pages(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    variables = {
        "LPS_ENV": "production",
        "LPS_BASE_DOMAINS": "localhost",
        "LPS_DATA_DIR": str(tmp_path_factory.mktemp("production")),
        "LPS_TRUSTED_PROXIES": LOOPBACK,
        "EMAIL_URL": "memory://",
        "WEB_CONCURRENCY": "1",
    }
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
    subprocess.run(collect, cwd=ROOT, env={**os.environ, **variables}, check=True)
    with site.pages_with(**variables) as served:
        yield served


def send(pages: Pages, form: dict[str, str], **headers: str) -> Answer:
    connection = http.client.HTTPConnection(LOOPBACK, pages.port, timeout=30)
    own = {"Host": "demo.localhost", "Content-Type": "application/x-www-form-urlencoded", **headers}
    try:
        connection.request("POST", "/", body=urlencode(form), headers=own)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read().decode())
    finally:
        connection.close()


def door(pages: Pages) -> tuple[dict[str, str], str]:
    """The form of the home page, filled in, and the cookie that goes with it."""
    page = pages.get("demo", "/", **HTTPS)
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
    form = {"csrfmiddlewaretoken": token, "child_code": "123456", "family_code": "654321"}
    return form, page.headers["Set-Cookie"].partition(";")[0]


def test_a_family_signs_in_through_the_proxy(pages: Pages) -> None:
    form, cookie = door(pages)

    answer = send(pages, form, Cookie=cookie, Origin="https://demo.localhost", **HTTPS)

    assert answer.status == 302, answer.body
    assert "lps_famille=" in answer.headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(answer.headers["Set-Cookie"].split("; "))


def test_a_form_of_another_site_is_refused(pages: Pages) -> None:
    form, cookie = door(pages)

    assert send(pages, form, Cookie=cookie, Origin="https://evil.example", **HTTPS).status == 403


def test_browsers_are_told_to_come_back_by_https_only(pages: Pages) -> None:
    page = pages.get("demo", "/", **HTTPS)

    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "; Secure" in page.headers["Set-Cookie"]


def test_style_and_scripts_are_named_by_their_content_and_kept(pages: Pages) -> None:
    page = pages.get("demo", "/", **HTTPS)
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.body)

    assert names
    for name in names:
        assert re.search(r"\.[0-9a-f]{12}\.", name), name
        if not name.endswith(".woff2"):
            file = pages.get("demo", name, **HTTPS)
            assert (file.status, "immutable" in file.headers["Cache-Control"]) == (200, True), name


def test_logs_are_one_object_a_line_with_the_commune(pages: Pages) -> None:
    pages.get("demo", "/aide/", **HTTPS)

    lines = [json.loads(line) for line in pages.log.read_text().splitlines()]

    assert any((line["logger"], line["commune"]) == ("lps.access", "demo") for line in lines)
