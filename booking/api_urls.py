"""Addresses of the API about the catalogue and the bookings."""

from django.urls import path

from booking.api import bookings, catalogue, changes

app_name = "booking_api"
urlpatterns = [
    path("groupes/", catalogue.Groups.as_view(), name="groups"),
    path("activites/", catalogue.Activities.as_view(), name="activities"),
    path("jours/", catalogue.Days.as_view(), name="days"),
    path("reservations/", bookings.Bookings.as_view(), name="bookings"),
    path("reservations/modifications/", changes.Changes.as_view(), name="changes"),
    path("journal/", bookings.Journal.as_view(), name="journal"),
    path("recus/", bookings.Receipts.as_view(), name="receipts"),
    path("recus/<str:numero>/", bookings.OneReceipt.as_view(), name="receipt"),
]
