"""The first address of the API: who one is."""

from django.urls import path

from lps.accounts import api

app_name = "accounts"
urlpatterns = [path("moi/", api.Me.as_view(), name="api_me")]
