"""Addresses of the agents' pages about families, under /mairie/familles/."""

from django.urls import path

from lps.families.views import agents

app_name = "families_office"
urlpatterns = [
    path("demandes/", agents.requests, name="requests"),
    path("demandes/<int:request_id>/", agents.answer, name="answer"),
]
