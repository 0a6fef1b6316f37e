"""One-time codes (RFC 6238): six digits, steps of thirty seconds, one step of drift either way."""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from django_otp.oath import TOTP

DRIFTS = (-1, 0, 1)
DIGITS = 6


def new_secret() -> str:
    """A fresh secret of 160 bits, in the base32 that authenticators read."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def matching_step(*, secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, at a true instant; every step is computed in every case."""
    typed = "".join(code.split())
    matched = None
    for drift in DRIFTS:
        step, expected = _code(secret, at, drift)
        if hmac.compare_digest(expected.encode(), typed.encode()):
            matched = step
    return matched


def code_at(*, secret: str, at: datetime) -> str:
    """The code that an authenticator shows at a true instant."""
    return _code(secret, at, 0)[1]


def provisioning_uri(*, secret: str, email: str, issuer: str) -> str:
    """The `otpauth:` address that an authenticator reads, from a QR code or a link."""
    label = quote(f"{issuer}:{email}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer, 'digits': DIGITS})}"


def _code(secret: str, at: datetime, drift: int) -> tuple[int, str]:
    generator = TOTP(base64.b32decode(secret), digits=DIGITS, drift=drift)
    generator.time = at.timestamp()
    return generator.t(), f"{generator.token():0{DIGITS}d}"
