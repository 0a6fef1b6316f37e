from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Who did what, when, through which door: written by every service, changed by nobody."""

    name = "lps.journal"
    label = "journal"
    verbose_name = "journal"
