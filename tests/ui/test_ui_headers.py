import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from lps.ui.middleware import SecurityHeaders, content_security_policy


def answered(response: HttpResponse) -> HttpResponse:
    return SecurityHeaders(lambda request: response)(RequestFactory().get("/"))


def test_a_page_loads_from_here_alone_and_is_kept_by_nobody() -> None:
    headers = answered(HttpResponse("<p>")).headers

    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; media-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "manifest-src 'self'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "private, no-store"


def test_what_is_not_a_page_keeps_its_own_caching() -> None:
    assert "Cache-Control" not in answered(HttpResponse("{}", content_type="application/json")).headers
    assert "Content-Security-Policy" in answered(HttpResponse("{}", content_type="application/json")).headers


def test_a_view_may_say_otherwise() -> None:
    theme = HttpResponse("<p>", headers={"Cache-Control": "public, max-age=60"})

    assert answered(theme).headers["Cache-Control"] == "public, max-age=60"


def test_a_view_may_add_an_origin() -> None:
    paying = HttpResponse("<form>")
    paying.csp_origins = {"form-action": ["https://paye.example"], "frame-ancestors": ["https://ville.example"]}

    policy = answered(paying).headers["Content-Security-Policy"]

    assert "form-action 'self' https://paye.example;" in policy
    assert "frame-ancestors https://ville.example;" in policy


def test_an_unknown_directive_is_an_error() -> None:
    with pytest.raises(KeyError):
        content_security_policy(origins={"script": ["https://elsewhere.example"]})
