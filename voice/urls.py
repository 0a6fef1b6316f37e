"""Addresses of the telephone that are not of the town hall: those of a provider of numbers."""

from django.urls import path

from voice.views import webhook

app_name = "voice"
urlpatterns = [
    path("voix/son/<str:token>.wav", webhook.sound, name="sound"),
    path("voix/<slug:provider>/<str:line>/", webhook.answer, name="webhook"),
]
