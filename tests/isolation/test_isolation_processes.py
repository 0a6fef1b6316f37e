"""The product's own processes: what they write, and connections that two communes share."""

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import pytest
from django.db import connection

from deploy.processes import LOOPBACK, wait_until
from lps.families.models import Household
from lps.families.queries.households import emails_of
from tests.families.factories import child_of
from tests.live import Pages, Site

FAULTY = {"DJANGO_SETTINGS_MODULE": "tests.isolation.faulty_settings"}
CSRF = "c" * 32
TOWNS = {"demo": "Mairie de démonstration", "buchelay": "Ville de Buchelay"}


def post(pages: Pages, slug: str, path: str, **fields: str) -> http.client.HTTPResponse:
    """Send a form as a page of ours would."""
    server = http.client.HTTPConnection(LOOPBACK, pages.port, timeout=30)
    headers = {
        "Host": f"{slug}.localhost:{pages.port}",
        "Cookie": f"lps_csrf={CSRF}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    server.request("POST", path, urlencode({**fields, "csrfmiddlewaretoken": CSRF}), headers)
    response = server.getresponse()
    response.read()
    server.close()
    return response


def signed_in(pages: Pages, slug: str, codes: tuple[str, str]) -> str:
    """The value of the family's cookie."""
    answer = post(pages, slug, "/", child_code=codes[0], family_code=codes[1])
    cookies = SimpleCookie(", ".join(answer.headers.get_all("Set-Cookie") or []))
    return cookies["lps_famille"].value


def say(port: int, words: bytes) -> None:
    """Send what is no request to the server."""
    with socket.create_connection((LOOPBACK, port), timeout=30) as server:
        server.sendall(words)
        server.recv(1000)


def family_of(site: Site, slug: str, **wanted: str) -> tuple[str, str, str]:
    """A demonstration family's codes, and the address that it gave."""
    with site.inside(slug):
        homes = Household.objects.filter(custodies__isnull=False, **wanted).distinct().order_by("pk")
        home = next(home for home in homes if emails_of(home))  # other tests may have taken an address away
        return child_of(home).child_code, home.family_code, emails_of(home)[0]


@pytest.mark.parametrize("shape", ["line", "json"])
def test_no_process_writes_a_code_an_address_nor_a_secret(site: Site, shape: str) -> None:
    child_code, family_code, email = family_of(site, "demo")
    with site.pages_with(**FAULTY, LPS_LOGS=shape) as pages:
        cookie = signed_in(pages, "demo", (child_code, family_code))
        post(pages, "demo", "/", child_code=child_code, family_code="000000")
        paths = ["planning/", "modifications/", "panne/?suivant=/enfants/" + child_code, "coupure/", "rien/"]
        for path in paths:
            ask(pages, f"/enfants/{child_code}/{path}", cookie)
        ask(pages, f"/doublon/{email}/", cookie)
        say(pages.port, f"GET /enfants/{child_code}/ {family_code} {email}\r\n\r\n".encode())
        post(pages, "demo", "/difficultes/", email=email)
        mail = site.mails_to(email, subject="Vos codes")[0]  # others write to this family too
        link = urlsplit(mail["links"][0]).path
        assert pages.get("demo", link).status == 200
        assert wait_until(lambda: "Invalid request" in pages.log.read_text(), seconds=10)

    logs = {
        path.name: path.read_text() for path in (pages.log, site.directory / "worker.log", site.directory / "mails.log")
    }
    told = [
        (name, secret)
        for name, text in logs.items()
        for secret in (child_code, family_code, email, cookie, link.split("/")[2])
        if secret in text
    ]
    assert told == []
    assert "Error handling request" in logs[pages.log.name] and "account_email_once" in logs[pages.log.name]
    assert "messages sent" in logs["worker.log"] and "courriel reçu" in logs["mails.log"]
    if shape == "json":
        assert {"at", "message"} <= json.loads(logs[pages.log.name].splitlines()[-1]).keys()


def ask(pages: Pages, path: str, cookie: str) -> None:
    """Ask for a page, or for the part of it that comes before it breaks."""
    try:
        pages.get("demo", path, Cookie=f"lps_famille={cookie}")
    except http.client.IncompleteRead as error:
        assert error.partial == b"un"


def test_the_database_quotes_no_row_in_its_log(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('log_min_error_statement'), current_setting('log_error_verbosity')")
        assert cursor.fetchone() == ("panic", "terse")


def test_two_communes_share_connections_and_never_an_answer(site: Site) -> None:
    """Four threads of one process, eight connections of its pool, both communes at once."""
    with site.pages_with(WEB_CONCURRENCY="1") as pages:
        families = {slug: family_of(site, slug) for slug in TOWNS}
        cookies = {slug: signed_in(pages, slug, codes[:2]) for slug, codes in families.items()}

        def visit(number: int) -> tuple[str, int, list[str]]:
            slug, other = list(TOWNS)[number % 2], list(TOWNS)[1 - number % 2]
            path = ("/", "/enfants/", f"/enfants/{families[slug][0]}/planning/", "/recus/")[number // 2 % 4]
            answer = pages.get(slug, path, Cookie=f"lps_famille={cookies[slug]}")
            foreign = [mark for mark in (TOWNS[other], *families[other]) if mark in answer.body]
            return slug, answer.status, foreign + [mark for mark in [TOWNS[slug]] if mark not in answer.body]

        with ThreadPoolExecutor(12) as crowd:
            answers = list(crowd.map(visit, range(240)))

    assert {(status, tuple(wrong)) for _slug, status, wrong in answers} == {(200, ())}
