"""Addresses of what a town's own administrator does with the whole of it, under /mairie/."""

from django.urls import path

from lps.console.views.agents import exports

app_name = "console_office"
urlpatterns = [
    path("export/", exports.exports, name="exports"),
    path("export/<int:export_id>/archive.zip", exports.archive, name="archive"),
]
