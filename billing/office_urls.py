"""Addresses of the agents' pages of billing, under /mairie/."""

from django.urls import URLPattern

app_name = "billing_office"
urlpatterns: list[URLPattern] = []
