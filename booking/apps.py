from django.apps import AppConfig


class BookingConfig(AppConfig):
    """Activities, their days and deadlines; who is booked; the proof of it."""

    name = "booking"
    label = "booking"
    verbose_name = "réservations"

    def ready(self) -> None:
        from booking import audiences, rights
        from booking.personal_data import OWN
        from booking.services import erasing, passages
        from booking.wakeup import EXTEND
        from lps.accounts.rights import register
        from lps.families import erasers, followers, personal_data, wakeup
        from notifications.audiences import register as register_audience

        register(rights.OWN)
        wakeup.register_after_schools(EXTEND)
        followers.register("bookings", passages)
        erasers.register("bookings", erasing)
        for name, part in OWN.items():
            personal_data.register(name, part)
        for audience in audiences.OWN:
            register_audience(audience)
