from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The vendor's side: opening communes, signing in, the list of communes."""

    name = "lps.console"
    label = "console"
    verbose_name = "console"
