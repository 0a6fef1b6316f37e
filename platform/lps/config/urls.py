"""Addresses of a commune's portal."""

from django.urls import URLPattern, URLResolver, include, path

from tenants.town.views import logo

urlpatterns: list[URLPattern | URLResolver] = [
    path("logo", logo, name="logo"),
    path("mairie/", include("lps.office.urls")),
    path("", include("booking.urls")),
    path("api/v1/", include("lps.accounts.api_urls")),
]
