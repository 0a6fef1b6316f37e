"""One-time codes: the published vectors, the drift, and what an authenticator reads."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from lps.accounts import totp

# RFC 6238, appendix B (SHA-1), cut to six digits.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_shows_the_codes_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)

    assert totp.code_at(secret=SECRET, at=at) == code
    assert totp.matching_step(secret=SECRET, code=code, at=at) == seconds // 30


@pytest.mark.parametrize(("seconds", "accepted"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_telephone_may_be_half_a_minute_off(seconds: int, accepted: bool) -> None:
    at = datetime(2026, 3, 4, 12, 0, 15, tzinfo=UTC)
    shown = totp.code_at(secret=SECRET, at=at + timedelta(seconds=seconds))

    assert (totp.matching_step(secret=SECRET, code=shown, at=at) is not None) is accepted


def test_spaces_may_be_typed() -> None:
    assert totp.matching_step(secret=SECRET, code="287 082", at=datetime.fromtimestamp(59, UTC)) == 1


@pytest.mark.parametrize("typed", ["", "28708", "2870822", "٢٨٧٠٨٢"])
def test_anything_else_is_refused(typed: str) -> None:
    assert totp.matching_step(secret=SECRET, code=typed, at=datetime.fromtimestamp(59, UTC)) is None


def test_secrets_are_long_and_never_the_same() -> None:
    drawn = {totp.new_secret() for _ in range(50)}

    assert len(drawn) == 50
    assert {len(base64.b32decode(secret)) for secret in drawn} == {20}


def test_an_authenticator_reads_the_address() -> None:
    address = urlsplit(totp.provisioning_uri(secret=SECRET, email="claire@mairie.example", issuer="Ville d'Orgeval"))

    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert parse_qs(address.query) == {"secret": [SECRET], "issuer": ["Ville d'Orgeval"], "digits": ["6"]}
