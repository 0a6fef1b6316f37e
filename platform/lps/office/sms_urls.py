"""Addresses of the town's SMS service, open to everybody."""

from django.urls import path

from lps.office.views import sms

app_name = "sms"
urlpatterns = [
    path("", sms.subscribe, name="subscribe"),
    path("deja-inscrit/", sms.known, name="known"),
    path("code/", sms.code, name="code"),
    path("mes-choix/", sms.choices, name="choices"),
]
