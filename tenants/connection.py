"""The database's connection as django-tenants extends it; for annotations, the class is its own."""

from typing import TYPE_CHECKING, cast

from django.db import connection as found
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from tenants.models import Commune


class TenantConnection(BaseDatabaseWrapper):
    """A connection that stands in one schema: the registry's or a commune's."""

    schema_name: str
    tenant: "Commune"
    include_public_schema: bool
    search_path_set_schemas: object

    def set_tenant(self, tenant: "Commune", include_public: bool = True) -> None:
        """Stand in a commune's schema from the next statement on."""
        raise NotImplementedError

    def set_schema_to_public(self) -> None:
        """Stand in the registry's schema from the next statement on."""
        raise NotImplementedError


connection = cast(TenantConnection, found)


def give_back() -> None:
    """Give the connection back to the pool while somebody else is waited for: the next statement takes one again.

    Inside a transaction nothing is given back.
    """
    if not connection.in_atomic_block:
        connection.close()
