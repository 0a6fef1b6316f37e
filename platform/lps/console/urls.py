"""Addresses of the console's host."""

from django.urls import path

from lps.console import views

app_name = "console"
urlpatterns = [
    path("", views.communes, name="communes"),
    path("connexion/", views.sign_in, name="sign_in"),
    path("deconnexion/", views.sign_out, name="sign_out"),
]
