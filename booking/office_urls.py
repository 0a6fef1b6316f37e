"""Addresses of the agents' pages of bookings, under /mairie/."""

from django.urls import path

from booking.views.agents import kitchen, roll

app_name = "booking_office"
urlpatterns = [
    path("pointage/", roll.days, name="days"),
    path("pointage/<int:service_day_id>/", roll.call, name="call"),
    path("pointage/<int:service_day_id>/noter/", roll.note, name="note"),
    path("pointage/<int:service_day_id>/urgence/", roll.emergency, name="emergency"),
    path("cuisine/", kitchen.counts, name="kitchen"),
    path("cuisine/repas.csv", kitchen.as_csv, name="kitchen_csv"),
    path("cuisine/repas.pdf", kitchen.as_pdf, name="kitchen_pdf"),
]
