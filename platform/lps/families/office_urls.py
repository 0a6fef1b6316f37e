"""Addresses of the agents' pages about families, under /mairie/familles/."""

from django.urls import path

from lps.families.views.agents import families, imports, letters, requests

app_name = "families_office"
urlpatterns = [
    path("", families.families, name="families"),
    path("<int:household_id>/", families.family, name="family"),
    path("demandes/", requests.requests, name="requests"),
    path("demandes/<int:request_id>/", requests.answer, name="answer"),
    path("imports/", imports.imports, name="imports"),
    path("imports/modele.xlsx", imports.template, name="import_template"),
    path("imports/<int:batch_id>/", imports.preview, name="import"),
    path("imports/<int:batch_id>/accepter/", imports.accept, name="import_accept"),
    path("lettres/", letters.letters, name="letters"),
    path("lettres/<int:batch_id>/<int:rank>.pdf", letters.file, name="letters_file"),
]
