from django.apps import AppConfig


class BookingConfig(AppConfig):
    """Activities, their days and deadlines; who is booked; the proof of it."""

    name = "booking"
    label = "booking"
    verbose_name = "réservations"

    def ready(self) -> None:
        from booking import audiences, message_kinds, rights
        from booking.personal_data import OWN
        from booking.services import erasing, passages
        from booking.wakeup import EXTEND
        from lps.accounts.rights import register
        from lps.families import erasers, followers, personal_data, wakeup
        from notifications import kinds
        from notifications.audiences import register as register_audience

        register(rights.OWN)
        for kind in message_kinds.OWN:
            kinds.register(kind)
        wakeup.register_after_schools(EXTEND)
        followers.register("bookings", passages)
        erasers.register("bookings", erasing)
        for name, part in OWN.items():
            personal_data.register(name, part)
        for audience in audiences.OWN:
            register_audience(audience)
