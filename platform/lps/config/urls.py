"""Addresses of a commune's portal."""

from django.urls import URLPattern, URLResolver, include, path

from lps.accounts.api.docs import Description, Docs
from lps.config.theme import theme
from tenants.town.views import logo

urlpatterns: list[URLPattern | URLResolver] = [
    path("logo", logo, name="logo"),
    path("theme.css", theme, name="theme"),
    path("", include("notifications.urls")),
    path("", include("lps.families.urls")),
    path("mairie/familles/", include("lps.families.office_urls")),
    path("mairie/", include("lps.accounts.office_urls")),
    path("mairie/", include("lps.office.urls")),
    path("mairie/", include("lps.console.office_urls")),
    path("sms/", include("lps.office.sms_urls")),
    path("mairie/", include("booking.office_urls")),
    path("mairie/", include("billing.office_urls")),
    path("mairie/telephone/", include("voice.office_urls")),
    path("", include("voice.urls")),
    path("", include("booking.urls")),
    path("", include("billing.urls")),
    path("api/v1/", include("lps.accounts.api_urls")),
    path("api/v1/", include("lps.families.api_urls")),
    path("api/v1/", include("booking.api_urls")),
    path("api/v1/", include("billing.api_urls")),
    path("api/schema/", Description.as_view(), name="api_schema"),
    path("api/docs/", Docs.as_view(), name="api_docs"),
]
handler400 = "lps.config.failures.bad_request"
handler404 = "lps.config.failures.not_found"
handler500 = "lps.config.failures.server_error"
