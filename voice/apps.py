from django.apps import AppConfig


class VoiceConfig(AppConfig):
    """The telephone: lines, the dialogue, its French words."""

    name = "voice"
    label = "voice"
    verbose_name = "serveur vocal"

    def ready(self) -> None:
        from lps.accounts.rights import register
        from tenants.wakeup import register_after_naming
        from voice import rights
        from voice.wakeup import ASK

        register(rights.OWN)
        register_after_naming(ASK)
