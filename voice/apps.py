from django.apps import AppConfig


class VoiceConfig(AppConfig):
    """The telephone: lines, the dialogue, its French words."""

    name = "voice"
    label = "voice"
    verbose_name = "serveur vocal"

    def ready(self) -> None:
        from lps.accounts.rights import register
        from voice import rights

        register(rights.OWN)
