"""What the product needs is away: 503 and a sentence, to people and to software; a mistake of ours stays a 500."""

import json

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import HttpResponse
from django.test import RequestFactory
from redis.exceptions import ConnectionError as NoValkey

from lps.accounts.attempts import Unavailable
from lps.config import failures
from lps.kernel.metrics import counted
from tenants.storage.names import StorageAway

AWAY = [
    (OperationalError("couldn't get a connection after 5.00 sec"), "database"),
    (InterfaceError("the connection is closed"), "database"),
    (NoValkey("refused"), "cache"),
    (Unavailable("essai-valkey"), "cache"),
    (StorageAway("essai-bucket"), "files"),
    (EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), "files"),
    (ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject"), "files"),
]
OURS = [RuntimeError("essai"), ProgrammingError("no such table"), FileNotFoundError("gone")]


def answered(error: Exception, path: str) -> HttpResponse:
    """What Django answers to a request whose view raised this."""
    try:
        raise error
    except type(error):
        return failures.server_error(RequestFactory().get(path))


@pytest.mark.parametrize(("error", "part"), AWAY, ids=lambda one: one if isinstance(one, str) else type(one).__name__)
def test_people_read_what_to_do(error: Exception, part: str) -> None:
    before = counted.UNAVAILABLE.labels(part=part)._value.get()

    answer = answered(error, "/enfants/")

    text = answer.content.decode()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Réessayez dans une minute" in text and str(error) not in text
    assert counted.UNAVAILABLE.labels(part=part)._value.get() == before + 1


def test_software_reads_a_problem_that_it_may_try_again() -> None:
    answer = answered(OperationalError(), "/api/v1/enfants/")

    told = json.loads(answer.content)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert told["type"].endswith("#probleme-indisponible") and "clé d'idempotence" in told["detail"]


@pytest.mark.parametrize("error", OURS, ids=lambda one: type(one).__name__)
def test_a_mistake_of_ours_is_called_one(error: Exception) -> None:
    assert [answered(error, path).status_code for path in ("/", "/api/v1/enfants/")] == [500, 500]
