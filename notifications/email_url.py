"""`EMAIL_URL` read into Django's mail settings. The settings import this file: no models here.

    smtp://user:password@host:25       clear text, for a loopback or a private network
    smtp+starttls://user:password@host:587
    smtps://user:password@host:465     TLS from the first byte
    anymail+brevo://API-KEY            also mailgun, mailjet, postmark, scaleway
    console://                         printed, for a developer
    memory://                          kept in `django.core.mail.outbox`

A part with special characters is percent-encoded. For an anymail provider the host part is its API
key and the query holds its other settings: `anymail+mailjet://KEY?secret_key=SECRET`.
"""

from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

TIMEOUT = 10  # seconds, for each network step
_SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_LOCAL = {
    "console": "django.core.mail.backends.console.EmailBackend",
    "memory": "django.core.mail.backends.locmem.EmailBackend",
}
_ANYMAIL_KEYS = {
    "brevo": "BREVO_API_KEY",
    "mailgun": "MAILGUN_API_KEY",
    "mailjet": "MAILJET_API_KEY",
    "postmark": "POSTMARK_SERVER_TOKEN",
    "scaleway": "SCALEWAY_SECRET_KEY",
}


class BadEmailUrl(ValueError):
    """`EMAIL_URL` names no server that we know how to reach; the message never shows its secrets."""


def settings_from_url(url: str) -> dict[str, object]:
    """Django's `EMAIL_*` and `ANYMAIL` settings for an `EMAIL_URL`; raises `BadEmailUrl`."""
    parts = urlsplit(url)
    if parts.scheme in _SMTP_PORTS:
        return _smtp(parts)
    if parts.scheme in _LOCAL:
        return {"EMAIL_BACKEND": _LOCAL[parts.scheme]}
    if parts.scheme.startswith("anymail+"):
        return _anymail(parts.scheme.removeprefix("anymail+"), parts)
    raise BadEmailUrl(f"EMAIL_URL: unknown scheme {parts.scheme!r}")


def _smtp(parts: SplitResult) -> dict[str, object]:
    if not parts.hostname:
        raise BadEmailUrl("EMAIL_URL: the SMTP server's name is missing")
    try:
        port = parts.port
    except ValueError:
        raise BadEmailUrl("EMAIL_URL: the port is not a number") from None
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or _SMTP_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": TIMEOUT,
    }


def _anymail(provider: str, parts: SplitResult) -> dict[str, object]:
    """The key is read from `netloc`, which keeps its letters' case (`hostname` would not)."""
    if provider not in _ANYMAIL_KEYS:
        raise BadEmailUrl(f"EMAIL_URL: unknown provider {provider!r}, expected one of {', '.join(_ANYMAIL_KEYS)}")
    if not parts.netloc:
        raise BadEmailUrl("EMAIL_URL: the provider's API key is missing")
    others = {f"{provider}_{name}".upper(): value for name, value in parse_qsl(parts.query)}
    return {
        "EMAIL_BACKEND": f"anymail.backends.{provider}.EmailBackend",
        "ANYMAIL": {_ANYMAIL_KEYS[provider]: unquote(parts.netloc), "REQUESTS_TIMEOUT": TIMEOUT, **others},
    }
