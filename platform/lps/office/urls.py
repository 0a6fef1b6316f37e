"""Addresses under /mairie/ that belong to no single subject."""

from django.urls import path

from lps.office import views

app_name = "office"
urlpatterns = [
    path("", views.today, name="today"),
    path("connexion/", views.sign_in, name="sign_in"),
    path("deconnexion/", views.sign_out, name="sign_out"),
]
