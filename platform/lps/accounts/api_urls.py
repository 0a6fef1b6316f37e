"""Addresses of the API that belong to no single subject."""

from django.urls import path

from lps.accounts import api

app_name = "accounts"
urlpatterns = [path("moi/", api.Me.as_view(), name="api_me")]
