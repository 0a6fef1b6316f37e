"""Addresses of the API that belong to no single subject."""

from django.urls import path

from lps.accounts.api.views import Me

app_name = "accounts"
urlpatterns = [path("moi/", Me.as_view(), name="api_me")]
