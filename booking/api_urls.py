"""Addresses of the API about the catalogue and the bookings."""

from django.urls import path

from booking.api import bookings, catalogue, changes, day

app_name = "booking_api"
urlpatterns = [
    path("groupes/", catalogue.Groups.as_view(), name="groups"),
    path("activites/", catalogue.Activities.as_view(), name="activities"),
    path("jours/", catalogue.Days.as_view(), name="days"),
    path("reservations/", bookings.Bookings.as_view(), name="bookings"),
    path("reservations/modifications/", changes.Changes.as_view(), name="changes"),
    path("pointages/", day.Attendances.as_view(), name="attendances"),
    path("pointages/noter/", day.Note.as_view(), name="note"),
    path("absences/", day.Absences.as_view(), name="absences"),
    path("repas/", day.MealCounts.as_view(), name="meals"),
    path("fermetures/", day.Closures.as_view(), name="closures"),
    path("journal/", bookings.Journal.as_view(), name="journal"),
    path("recus/", bookings.Receipts.as_view(), name="receipts"),
    path("recus/<str:numero>/", bookings.OneReceipt.as_view(), name="receipt"),
]
