"""Addresses under /mairie/ of what stands between a town and the vendor."""

from django.urls import path

from lps.console.views.agents import exports, retention, visits

app_name = "console_office"
urlpatterns = [
    path("visites/", visits.visits, name="visits"),
    path("visites/<int:visit_id>/fin/", visits.end, name="visit_end"),
    path("visite/quitter/", visits.leave, name="visit_leave"),
    path("visite/<str:token>/", visits.enter, name="visit_enter"),
    path("conservation/", retention.purges, name="purges"),
    path("export/", exports.exports, name="exports"),
    path("export/<int:export_id>/archive.zip", exports.archive, name="archive"),
]
