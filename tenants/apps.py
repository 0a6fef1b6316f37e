from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """The public registry of communes, and the one way into each of them."""

    name = "tenants"
    label = "tenants"
    verbose_name = "communes"
