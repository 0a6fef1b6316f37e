from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """The agents' side: their door and their first page."""

    name = "lps.office"
    label = "office"
    verbose_name = "mairie"

    def ready(self) -> None:
        from lps.accounts import rights
        from lps.office.rights import OWN

        rights.register(OWN)
