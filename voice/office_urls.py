"""Addresses under /mairie/telephone/."""

from django.urls import path

from voice.views.agents import calls, home

app_name = "voice_office"
urlpatterns = [
    path("", home.home, name="home"),
    path("reglages/", home.settings, name="settings"),
    path("numeros/", home.numbers, name="numbers"),
    path("appels/", calls.calls, name="calls"),
]
