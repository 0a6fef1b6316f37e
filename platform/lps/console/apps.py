from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The vendor's side: opening communes, signing in, the list of communes, their state."""

    name = "lps.console"
    label = "console"
    verbose_name = "console"

    def ready(self) -> None:
        from lps.accounts import identity, rights
        from lps.console import visitors, visits
        from lps.console.rights import OWN

        rights.register(OWN)
        rights.open_to_visitors(visitors.OPEN)
        identity.register(kind=visits.KIND, resolve=visits.resolve)
