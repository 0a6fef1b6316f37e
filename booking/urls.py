"""Parents' addresses of bookings."""

from django.urls import path

from booking.views import absences, feed, offers, parents, pre_registration, waiting

app_name = "booking"
urlpatterns = [
    path("enfants/<str:code>/planning/", parents.planning, name="planning"),
    path("enfants/<str:code>/periodes/<int:period_id>/", parents.period, name="period"),
    path("enfants/<str:code>/attente/<str:box>/", waiting.waiting, name="waiting"),
    path("enfants/<str:code>/modifications/", parents.modifications, name="modifications"),
    path("offre/<str:token>/", offers.offer, name="offer"),
    path("calendrier/", feed.manage, name="calendar"),
    path("calendrier/<str:token>.ics", feed.read, name="calendar_feed"),
    path("semaine/<str:week>/", parents.week, name="week"),
    path("preinscription/", pre_registration.answers, name="pre_registration"),
    path("absences/", absences.absences, name="absences"),
    path("absences/nouvelle/", absences.declare, name="absence_new"),
    path("absences/<int:absence_id>/", absences.absence, name="absence"),
    path("absences/<int:absence_id>/justificatif/", absences.document, name="absence_document"),
    path("absences/<int:absence_id>/retirer/", absences.withdraw, name="absence_withdraw"),
    path("recus/", parents.receipts, name="receipts"),
    path("recus/<str:number>/", parents.receipt, name="receipt"),
]
