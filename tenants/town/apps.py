from django.apps import AppConfig


class TownConfig(AppConfig):
    """What a town decides for itself, in its own schema: one settings row, its messages."""

    name = "tenants.town"
    label = "town"
    verbose_name = "réglages de la commune"
