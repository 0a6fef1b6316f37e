from django.apps import AppConfig


class FamiliesConfig(AppConfig):
    """Households, guardians, children and their classes; the parents' door."""

    name = "lps.families"
    label = "families"
    verbose_name = "familles"
