from django.apps import AppConfig


class BillingConfig(AppConfig):
    """What bookings cost, the invoices that say so, and the payments that settle them."""

    name = "billing"
    label = "billing"
    verbose_name = "facturation"

    def ready(self) -> None:
        from billing import message_kinds, rights
        from billing.personal_data import OWN
        from billing.services import erasing
        from lps.accounts.rights import register
        from lps.families import erasers, personal_data
        from notifications import kinds

        register(rights.OWN)
        for kind in message_kinds.OWN:
            kinds.register(kind)
        erasers.register("billing", erasing)
        for name, part in OWN.items():
            personal_data.register(name, part)
