from django.apps import AppConfig


class BookingConfig(AppConfig):
    """Activities, their days and deadlines; who is booked; the proof of it."""

    name = "booking"
    label = "booking"
    verbose_name = "réservations"
