from django.apps import AppConfig


class VoiceConfig(AppConfig):
    """The telephone: lines, the dialogue, its French words."""

    name = "voice"
    label = "voice"
    verbose_name = "serveur vocal"
