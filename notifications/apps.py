from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """What the portal sends: an outbox in each commune, e-mail, proved addresses and their consents."""

    name = "notifications"
    label = "notifications"
    verbose_name = "messages envoyés"

    def ready(self) -> None:
        from notifications import audiences, kinds

        audiences.register(audiences.TOPIC)
        kinds.register(kinds.NEWS)
