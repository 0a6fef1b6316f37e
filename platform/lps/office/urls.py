"""Addresses under /mairie/ that belong to no single subject."""

from django.urls import path

from lps.office.views import door, today

app_name = "office"
urlpatterns = [
    path("", today.today, name="today"),
    path("connexion/", door.sign_in, name="sign_in"),
    path("deconnexion/", door.sign_out, name="sign_out"),
]
