"""Every error under /api/ is a problem of RFC 9457, in French, that says what to do; and nothing changes."""

import json
from datetime import date
from typing import Any

import pytest
from django.http import HttpResponse

from booking.models import Booking, Receipt
from lps.accounts import queries as accounts
from lps.accounts.api import parsers, problems
from lps.accounts.models import ApiAnswer
from lps.families.models import Child, Household
from tenants.models import Commune
from tests.api.factories import CHANGES, PROBLEM, Software, asked, issue, wish


def is_problem(answer: HttpResponse, kind: problems.Kind) -> dict[str, Any]:
    """Check what every problem has; give it."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (kind.status, PROBLEM), answer.content
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"/api/docs/#probleme-{kind.code}"
    assert (told["title"], told["status"], told["detail"]) == (kind.title, kind.status, kind.detail)
    assert told["requete"] == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    return told


def test_no_token(demo: Commune, software: Software) -> None:
    answer = software.client.get("/api/v1/groupes/")

    is_problem(answer, problems.NO_TOKEN)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_bad_token(demo: Commune) -> None:
    answer = Software(demo, "lps_inconnu").get("groupes/")

    is_problem(answer, problems.BAD_TOKEN)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_no_scope(demo: Commune) -> None:
    told = is_problem(Software(demo, issue(demo, "familles:lire").value).get("groupes/"), problems.NO_SCOPE)

    assert told["portee"] == "catalogue:lire"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v2/groupes/", "/api/v1/groupes", "/api/v1/familles/x/", "/api/v1/familles/-1/"]
)
def test_an_address_that_is_none(software: Software, path: str) -> None:
    is_problem(software.client.get(path, headers=software.headers), problems.NOT_FOUND)


def test_an_address_that_is_none_takes_no_body(software: Software) -> None:
    answer = software.client.post("/api/v1/groupe/", {}, content_type="application/json", headers=software.headers)

    is_problem(answer, problems.NOT_FOUND)


@pytest.mark.parametrize("number", ["999999999", "9" * 30, "9" * 5000])
def test_a_family_that_is_none(software: Software, number: str) -> None:
    is_problem(software.get(f"familles/{number}/"), problems.NOT_FOUND)
    is_problem(software.get(f"familles/{number}/enfants/"), problems.NOT_FOUND)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_another_method(software: Software, method: str) -> None:
    answer = getattr(software.client, method)("/api/v1/groupes/", headers=software.headers)

    is_problem(answer, problems.WRONG_METHOD)
    assert answer.headers["Allow"] == "GET, HEAD"


def test_reading_where_one_writes(software: Software) -> None:
    answer = software.client.get(CHANGES, headers=software.headers)

    is_problem(answer, problems.WRONG_METHOD)
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("path", ["/api/schema/"])
def test_another_method_on_the_documentation(demo: Commune, software: Software, path: str) -> None:
    is_problem(software.client.post(path), problems.WRONG_METHOD)


def test_another_format(software: Software) -> None:
    headers = {**software.headers, "accept": "application/xml"}

    is_problem(software.client.get("/api/v1/groupes/", headers=headers), problems.NOT_ACCEPTABLE)


def test_a_head_has_no_body(software: Software) -> None:
    answer = software.client.head("/api/v1/groupes/", headers=software.headers)

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_body_too_large(software: Software) -> None:
    body = json.dumps({"famille": 1, "x": "x" * parsers.LARGEST_BODY})

    is_problem(software.change(body), problems.TOO_LARGE)


def test_the_largest_request_fits(software: Software, marsone: Household, angeline: Child, bus: int) -> None:
    """A thousand changes, written with care and spaces, are read."""
    days = [date.fromordinal(date(2090, 1, 1).toordinal() + number) for number in range(1000)]
    body = json.dumps(asked(marsone.pk, angeline.pk, *(wish(2**31, day) for day in days)), indent=4)

    answer = software.change(body)

    assert answer.status_code == 200
    assert len(answer.json()["refusees"]) == 1000


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
def test_a_body_of_another_type(software: Software, kind: str) -> None:
    headers = {**software.headers, "idempotency-key": "a"}

    is_problem(software.client.post(CHANGES, "a=b", content_type=kind, headers=headers), problems.WRONG_TYPE)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"famille": NaN}',
        b'{"famille": 1e999}',
        b'{"famille": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"famille": 1, "famille": 2}',
        b"[" * 100_000,
        b'{"famille": ' + b"9" * 5000 + b"}",
        b"\xef\xbb\xbf{}",
        b"{'famille': 1}",
    ],
)
def test_a_body_that_is_no_json(software: Software, body: bytes) -> None:
    is_problem(software.change(body), problems.UNREADABLE)


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        ({}, {"famille", "enfant", "modifications"}),
        ([], {""}),
        ("texte", {""}),
        (None, {""}),
        ({"famille": "1"}, {"famille"}),
        ({"famille": 1.5}, {"famille"}),
        ({"famille": True}, {"famille"}),
        ({"famille": None}, {"famille"}),
        ({"famille": 0}, {"famille"}),
        ({"famille": 2**63}, {"famille"}),
        ({"famille": [1]}, {"famille"}),
        ({"enfant": {"id": 1}}, {"enfant"}),
        ({"code": "123456"}, {"code"}),
        ({"modifications": []}, {"modifications"}),
        ({"modifications": {}}, {"modifications"}),
        ({"modifications": "jour"}, {"modifications"}),
        ({"modifications": [None]}, {"modifications.0"}),
        ({"modifications": [[]]}, {"modifications.0"}),
        ({"jour": "03/11/2026"}, {"modifications.1.jour"}),
        ({"jour": "2026-02-30"}, {"modifications.1.jour"}),
        ({"jour": "2026-1-3"}, {"modifications.1.jour"}),
        ({"jour": "20261103"}, {"modifications.1.jour"}),
        ({"jour": "2026-W45-2"}, {"modifications.1.jour"}),
        ({"jour": "0001-01-01"}, {"modifications.1.jour"}),
        ({"jour": "9999-12-31"}, {"modifications.1.jour"}),
        ({"jour": "२०२६-११-०३"}, {"modifications.1.jour"}),
        ({"jour": 20261103}, {"modifications.1.jour"}),
        ({"jour": "2026-11-03T00:00:00Z"}, {"modifications.1.jour"}),
        ({"jour": "2026-11-03\u0000"}, {"modifications.1.jour"}),
        ({"avant": "false"}, {"modifications.1.avant"}),
        ({"avant": 0}, {"modifications.1.avant"}),
        ({"apres": None}, {"modifications.1.apres"}),
        ({"activite": "bus"}, {"modifications.1.activite"}),
        ({"activite": -1}, {"modifications.1.activite"}),
        ({"lieu": 1}, {"modifications.1.lieu"}),
    ],
)
def test_a_body_with_something_wrong(
    software: Software, marsone: Household, angeline: Child, bus: int, days: list[date], wrong: Any, places: set[str]
) -> None:
    """The first change is right: it is not saved either."""
    answer = software.change(
        json.dumps(broken(asked(marsone.pk, angeline.pk, wish(bus, days[0]), wish(bus, days[1])), wrong))
    )

    told = is_problem(answer, problems.INVALID)
    assert {line["champ"] for line in told["erreurs"]} == places
    assert all(line["message"] and line["code"] for line in told["erreurs"])
    assert not Booking.objects.filter(child=angeline, activity=bus).exists()
    assert not Receipt.objects.filter(channel="api").exists() and not ApiAnswer.objects.exists()


def test_more_changes_than_one_call_takes(software: Software, marsone: Household, angeline: Child, bus: int) -> None:
    days = [date.fromordinal(date(2090, 1, 1).toordinal() + number) for number in range(1001)]

    told = is_problem(
        software.change(asked(marsone.pk, angeline.pk, *(wish(bus, day) for day in days))), problems.INVALID
    )

    assert [line["champ"] for line in told["erreurs"]] == ["modifications"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("groupes/?groupe=1", "groupe"),
        ("activites/?groupe=PERISCOLAIRE", "groupe"),
        ("activites/?groupe=0", "groupe"),
        ("jours/?du=demain", "du"),
        ("jours/?du=", "du"),
        ("jours/?au=2026-13-01", "au"),
        ("jours/?activite=१", "activite"),
        ("jours/?lieu=1&lieu=2", "lieu"),
        ("jours/?activite_id=1", "activite_id"),
        ("lieux/?format=xml", "format"),
        ("familles/?nom=MARSONE", "nom"),
        ("familles/1/?x=1", "x"),
        ("reservations/?enfant=1_0", "enfant"),
        ("reservations/?enfant=99999999999999999999", "enfant"),
        ("reservations/?enfant=9223372036854775808", "enfant"),
        ("reservations/?annulees=oui", "annulees"),
        ("reservations/?modifiees_depuis=2026-11-03", "modifiees_depuis"),
        ("reservations/?modifiees_depuis=2026-11-03T10:00:00", "modifiees_depuis"),
        ("reservations/?modifiees_depuis=2026-11-03T10:00:00+01:00", "modifiees_depuis"),
        ("reservations/?modifiees_depuis=9999-12-31T23:59:59-23:59", "modifiees_depuis"),
        ("journal/?depuis=2026-11-03T25:00:00Z", "depuis"),
        ("journal/?depuis=%00", "depuis"),
        ("recus/?famille=-1", "famille"),
        ("recus/?taille=0", "taille"),
        ("recus/?taille=201", "taille"),
        ("recus/?taille=dix", "taille"),
        ("recus/?curseur=", "curseur"),
        ("recus/?curseur=WzFd", "curseur"),
        ("recus/?curseur=%FF%00", "curseur"),
        ("recus/R-2026-000001/?x=1", "x"),
        ("moi/?x=1", "x"),
    ],
)
def test_an_address_with_something_wrong(software: Software, path: str, name: str) -> None:
    told = is_problem(software.get(path), problems.INVALID)

    assert [line["champ"] for line in told["erreurs"]] == [name]


@pytest.mark.parametrize(
    "path",
    [
        "reservations/?modifiees_depuis=2026-11-03T10:00:00%2B01:00",
        "journal/?depuis=2026-11-03t10:00:00.123456789z",
        "recus/?depuis=2067-05-27T01:34:15.12%2B20:18",
    ],
)
def test_an_instant_says_its_offset(software: Software, path: str) -> None:
    assert software.get(path).status_code == 200


def test_a_failure_is_told_and_says_nothing_of_itself(software: Software, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_down(**_: object) -> None:
        raise RuntimeError("le mot de passe est formule-secrète")

    monkeypatch.setattr(accounts, "token_in_force", broken_down)
    software.client.raise_request_exception = False

    answer = software.get("groupes/")

    is_problem(answer, problems.FAILURE)
    assert "mot de passe" not in answer.content.decode() and "formule" not in answer.content.decode()


def test_a_failure_elsewhere_is_a_page(software: Software, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_down(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("lps.families.views.door.render", broken_down)
    software.client.raise_request_exception = False

    answer = software.client.get("/")

    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")


def test_what_django_itself_refuses_is_a_problem_too(software: Software) -> None:
    answer = software.get("groupes/?" + "&".join(f"a{number}=1" for number in range(5000)))
    is_problem(answer, problems.UNREADABLE)


def broken(body: dict[str, Any], wrong: Any) -> Any:
    """The body with something wrong: itself, one of its fields or one of its second change's."""
    if not isinstance(wrong, dict) or not wrong:
        return wrong
    ((name, value),) = wrong.items()
    inside = name in {"activite", "jour", "avant", "apres", "lieu"}
    (body["modifications"][1] if inside else body)[name] = value
    return body
