from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Agents and operators, doors and their sessions, rights, API tokens, counters of failures."""

    name = "lps.accounts"
    label = "accounts"
    verbose_name = "comptes et accès"

    def ready(self) -> None:
        from lps.accounts import identity, rights

        rights.register(rights.OWN)
        identity.register(kind=identity.ACCOUNT, resolve=identity.resolve_account)
