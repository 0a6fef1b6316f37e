from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The vendor's side: opening communes, signing in, the list of communes, their state."""

    name = "lps.console"
    label = "console"
    verbose_name = "console"

    def ready(self) -> None:
        from lps.accounts import rights
        from lps.console.rights import OWN

        rights.register(OWN)
