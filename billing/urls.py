"""Addresses of the families' pages of billing."""

from django.urls import URLPattern

app_name = "billing"
urlpatterns: list[URLPattern] = []
