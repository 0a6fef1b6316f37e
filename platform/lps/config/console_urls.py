"""Addresses of the vendor's console."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("lps.console.urls")),
    path("", include("lps.accounts.office_urls")),
]
