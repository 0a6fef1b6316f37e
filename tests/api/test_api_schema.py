"""The OpenAPI description: valid, complete, without a secret, and true: schemathesis holds the API to it."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import jsonschema
import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from pytest_django import Settings

from booking.models import ServiceDay
from lps.accounts.api import problems, throttling
from lps.accounts.api.docs import document
from lps.accounts.rights import scopes
from lps.config.wsgi import application
from lps.families.models import Child, Enrollment, Household, SchoolClass
from tenants.models import Commune
from tests.api.factories import ALL, issue
from tests.zone import in_days


@pytest.fixture
def described(in_demo: Commune) -> dict[str, Any]:
    document.cache_clear()
    GENERATOR_STATS.reset()
    return json.loads(json.dumps(document()))


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_it_is_valid_and_nothing_was_guessed(described: dict[str, Any]) -> None:
    validate_schema(described)

    assert not GENERATOR_STATS, GENERATOR_STATS._warn_cache or GENERATOR_STATS._error_cache
    assert described["openapi"].startswith("3.")


def test_everybody_reads_it_and_it_names_nobody(demo: Commune, software: Any) -> None:
    answer = software.client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert json.loads(answer.content) == json.loads(json.dumps(document()))
    assert "Mairie de démonstration" not in answer.content.decode() and software.token not in answer.content.decode()


def test_every_operation_is_told_in_french(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        assert operation["summary"] and operation["description"] and operation["tags"], name
        assert all(parameter["description"] for parameter in operation.get("parameters", ())), name
        assert operation["security"] == [{"jeton": []}], name


def test_every_scope_opens_something(described: dict[str, Any]) -> None:
    told = {operation["x-portee"] for _name, operation in operations(described) if "x-portee" in operation}

    assert told == set(ALL) == {scope for scope in scopes() if not scope.startswith("meals")}


def test_every_problem_is_told_somewhere(described: dict[str, Any]) -> None:
    told = {
        example["value"]["type"]
        for _name, operation in operations(described)
        for answer in operation["responses"].values()
        for example in answer["content"].get(problems.MEDIA_TYPE, {}).get("examples", {}).values()
    }

    assert told == {kind.type for kind in problems.KINDS} - {problems.WRONG_METHOD.type}


def test_every_example_is_what_it_shows(described: dict[str, Any]) -> None:
    shown = 0
    for name, operation in operations(described):
        bodies = [operation.get("requestBody", {"content": {}}), *operation["responses"].values()]
        for content in (content for body in bodies for content in body["content"].values()):
            schema = {**content["schema"], "components": described["components"]}
            assert content["examples"], name
            for example in content["examples"].values():
                jsonschema.validate(example["value"], schema)
                shown += 1

    assert shown > 100


@pytest.fixture
def kept_connection(db: None) -> Iterator[None]:
    """The product does not end this test's transaction between two requests."""
    ends = (signals.request_started, signals.request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield
    for end in ends:
        end.connect(close_old_connections)


HOST = "demo.localhost"
api = schemathesis.openapi.from_dict(json.loads(json.dumps(document())))
api.app = application


@pytest.fixture
def headers(
    in_demo: Commune, kept_connection: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """A token that may do everything, and calls as fast as they come."""
    settings.LPS_API_CALLS_PER_MINUTE = 10**6
    monkeypatch.setattr(throttling, "BAD_TOKENS", 10**6)
    return {"Authorization": f"Bearer {issue(in_demo).value}", "Host": HOST, "Accept-Encoding": "identity"}


def told(path: str, method: str) -> Callable[..., None]:
    """The test of one operation. Each has a name of its own: workers are given tests by their names."""

    @api.include(path=path, method=method).parametrize()
    @hypothesis.settings(
        max_examples=15, derandomize=True, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    def does_what_it_says(
        case: schemathesis.Case, headers: dict[str, str], marsone: Household, angeline: Child
    ) -> None:
        """Right calls are answered and wrong ones refused, with the statuses, types and shapes told; nothing fails."""
        if case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE:
            make_true(case, family=marsone.pk, child=angeline.pk)

        case.call_and_validate(headers=headers, base_url=f"http://{HOST}")

    return does_what_it_says


OPERATIONS = [(path, method) for path, methods in document()["paths"].items() for method in methods]
for number, operation in enumerate(OPERATIONS, start=1):
    globals()[f"test_operation_{number}_does_what_it_says"] = told(*operation)


def make_true(case: schemathesis.Case, *, family: int, child: int) -> None:
    """What no description can tell: cursors come from the API, the child is the family's, a day is held, and named
    once, a key serves once."""
    if case.query:
        case.query.pop("curseur", None)
        if "repas" in case.path:
            case.query["au"] = case.query["du"]
    if isinstance(case.body, dict):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if isinstance(case.body, dict) and "etat" in case.body:
        held = ServiceDay.objects.filter(open=True).order_by("pk")[0]
        place = {"activite": held.activity_id, "lieu": held.site_id, "jour": str(held.day)}
        case.body |= {"enfant": child, **place}
    if isinstance(case.body, dict) and "familles" in case.path:
        make_family_true(case.body)
    if isinstance(case.body, dict) and "depuis" in case.body:
        seated = Enrollment.objects.filter(child=child).order_by("-valid_during")[0]
        others = SchoolClass.objects.filter(school_year=seated.school_class.school_year)
        case.path_parameters["enfant"] = child
        case.body |= {
            "classe": others.exclude(pk=seated.school_class_id)[0].pk,
            "depuis": str(in_days(1)),
        }
    if isinstance(case.body, dict) and "modifications" in case.body:
        once = {(one["activite"], one["jour"]): one for one in case.body["modifications"]}
        case.body |= {"famille": family, "enfant": child, "modifications": list(once.values())}


def make_family_true(body: dict[str, Any]) -> None:
    """Names hold a letter, telephones and postal codes are some, nobody is born tomorrow, the class is none."""
    known = {"nom": "ESSAI", "prenom": "Léo", "courriel": "", "telephone": "0612345678", "code_postal": "78200"}
    for part in [body, *(part for part in body.values() if isinstance(part, dict))]:
        part.update({name: true for name, true in known.items() if name in part})
        part.update({name: None for name in ("classe", "ne_le") if name in part})
