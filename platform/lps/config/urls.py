"""Addresses of a commune's portal."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("mairie/", include("lps.office.urls")),
    path("api/v1/", include("lps.accounts.api_urls")),
]
