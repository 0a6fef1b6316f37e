"""Addresses of the console's host."""

from django.urls import path

from lps.console.views import communes, dead_letters, door

app_name = "console"
urlpatterns = [
    path("", communes.communes, name="communes"),
    path("connexion/", door.sign_in, name="sign_in"),
    path("deconnexion/", door.sign_out, name="sign_out"),
    path("communes/nouvelle/", communes.new, name="new"),
    path("communes/<slug:slug>/", communes.commune, name="commune"),
    path("communes/<slug:slug>/messages/", dead_letters.messages, name="messages"),
    path("communes/<slug:slug>/etat/", communes.state, name="state"),
    path("communes/<slug:slug>/ouverture/", communes.opening_day, name="opening_day"),
]
