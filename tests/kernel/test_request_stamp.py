"""What a proxy says is believed from the addresses that were configured, and from nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from lps.kernel import clock
from lps.kernel.middleware import RequestStamp
from lps.kernel.requests import StampedRequest

PROXY, STRANGER = "10.0.0.1", "203.0.113.7"


@pytest.fixture(autouse=True)
def one_proxy(settings: Settings) -> None:
    settings.LPS_TRUSTED_PROXIES = ("10.0.0.0/8", "fd00::/8")


def stamped(peer: str, **headers: str) -> StampedRequest:
    """A request as the pages get it."""
    got: list[StampedRequest] = []

    def page(request: HttpRequest) -> HttpResponse:
        got.append(request)
        return HttpResponse()

    RequestStamp(page)(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))
    return got[0]


def stamp(at: datetime) -> str:
    return f"t={at.timestamp():.6f}"


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LPS_CLOCK", "+3d")
    yield


def test_the_receipt_time_is_the_proxys(db: None) -> None:
    at = clock.now() - timedelta(seconds=40)

    request = stamped(PROXY, **{"X-Request-Start": stamp(at)})

    assert abs(request.received_at - at) < timedelta(microseconds=2)
    assert request.received_at.tzinfo is UTC


def test_a_moved_clock_moves_the_proxys_time_too(moved: None) -> None:
    at = clock.real_now() - timedelta(seconds=40)

    request = stamped(PROXY, **{"X-Request-Start": stamp(at)})

    assert abs(request.received_at - (at + timedelta(days=3))) < timedelta(microseconds=2)


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        (STRANGER, "-40"),  # anybody could win time so
        ("", "-40"),
        (PROXY, "+5"),  # not in the future
        (PROXY, "-121"),  # a request does not wait so long
        (PROXY, "hier"),
        (PROXY, ""),
    ],
)
def test_any_other_receipt_time_is_now(peer: str, said: str) -> None:
    before = clock.now()
    is_number = said[1:].isdigit()
    value = stamp(before + timedelta(seconds=int(said))) if is_number else f"t={said}"

    request = stamped(peer, **{"X-Request-Start": value})

    assert before <= request.received_at <= clock.now()


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        (PROXY, STRANGER, STRANGER),
        (PROXY, f"198.51.100.1, {STRANGER}, 10.2.3.4", STRANGER),  # the first one is whatever the client wrote
        (PROXY, "10.2.3.4", PROXY),
        (PROXY, "", PROXY),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        (STRANGER, "198.51.100.1", STRANGER),
    ],
)
def test_the_clients_address_is_the_last_that_is_not_ours(peer: str, said: str, address: str) -> None:
    assert stamped(peer, **{"X-Forwarded-For": said}).client_address == address


@pytest.mark.parametrize(
    ("peer", "said", "is_secure"),
    [(PROXY, "https", True), (PROXY, "http", False), (STRANGER, "https", False), ("", "https", False)],
)
def test_the_scheme_is_the_proxys(peer: str, said: str, is_secure: bool) -> None:
    assert stamped(peer, **{"X-Forwarded-Proto": said}).is_secure() == is_secure


def test_each_request_has_a_name_of_its_own_and_its_answer_bears_it() -> None:
    answer = RequestStamp(lambda request: HttpResponse(request.request_id))(RequestFactory().get("/"))

    assert answer.headers["X-Request-Id"] == answer.content.decode()
    assert stamped(PROXY).request_id != stamped(PROXY).request_id
