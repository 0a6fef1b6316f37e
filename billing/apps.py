from django.apps import AppConfig


class BillingConfig(AppConfig):
    """What bookings cost, the invoices that say so, and the payments that settle them."""

    name = "billing"
    label = "billing"
    verbose_name = "facturation"

    def ready(self) -> None:
        from billing import rights
        from lps.accounts.rights import register

        register(rights.OWN)
