"""EMAIL_URL → Django's mail settings."""

import pytest

from notifications.email_url import BadEmailUrl, settings_from_url

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example:2525", 2525, False, False),
        ("smtp://mail.example", 25, False, False),
        ("smtp+starttls://mail.example", 587, True, False),
        ("smtps://mail.example", 465, False, True),
    ],
)
def test_smtp_in_its_three_forms(url: str, port: int, tls: bool, ssl: bool) -> None:
    found = settings_from_url(url)

    assert found["EMAIL_BACKEND"] == SMTP
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (tls, ssl)
    assert found["EMAIL_TIMEOUT"]


def test_percent_encoded_credentials_are_decoded() -> None:
    found = settings_from_url("smtps://facteur%40ville:p%3Ass%2F@mail.example")

    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("facteur@ville", "p:ss/")


def test_a_provider_keeps_its_key_letter_for_letter() -> None:
    found = settings_from_url("anymail+brevo://xKeySib-AbC")

    assert found["EMAIL_BACKEND"] == "anymail.backends.brevo.EmailBackend"
    assert found["ANYMAIL"]["BREVO_API_KEY"] == "xKeySib-AbC"  # type: ignore[index]


def test_a_provider_takes_its_other_settings_from_the_query() -> None:
    found = settings_from_url("anymail+mailjet://K?secret_key=S%2F1")

    assert found["ANYMAIL"]["MAILJET_SECRET_KEY"] == "S/1"  # type: ignore[index]


@pytest.mark.parametrize(
    "url",
    ["", "mail.example", "ftp://x", "smtp://", "smtp://mail.example:x", "anymail+pigeon://k", "anymail+brevo://"],
)
def test_refuses_what_it_cannot_reach(url: str) -> None:
    with pytest.raises(BadEmailUrl):
        settings_from_url(url)


def test_a_refusal_does_not_show_the_password() -> None:
    with pytest.raises(BadEmailUrl) as refused:
        settings_from_url("smtp://facteur:tres-secret@mail.example:x")

    assert "tres-secret" not in str(refused.value)
