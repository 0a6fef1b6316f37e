"""Reads for the operators' pages, in the registry."""

from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from tenants import context, queries
from tenants.models import Commune


@dataclass(frozen=True, slots=True)
class Row:
    """A commune as the list shows it, with every host name that leads to it."""

    commune: Commune
    url: str
    hosts: tuple[str, ...]


def rows() -> list[Row]:
    """All communes that are not erased, in the order of their slugs, in two statements."""
    communes = queries.communes()
    with context.public():
        prefetch_related_objects(communes, "domains")
        return [Row(commune, queries.url_of(commune), _hosts(commune)) for commune in communes]


def _hosts(commune: Commune) -> tuple[str, ...]:
    others = sorted(host.domain for host in commune.domains.all())
    return tuple(dict.fromkeys([queries.host_of(commune), *others]))
