"""The one way into a commune, for requests, tasks, commands, calls and tests.

Inside `use(commune)` the connection sees that commune's schema and `extensions`, nothing else: a
table missing there is an error and never silently read from public. The registry is entered too,
by `public()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lps.kernel import log_context
from tenants.connection import connection
from tenants.models import Commune

_current: ContextVar[Commune | None] = ContextVar("current_commune", default=None)
_entries: ContextVar[dict[str, object]] = ContextVar("commune_entry")


class NoCommune(RuntimeError):
    """Something that belongs to a commune was asked outside of any."""


@contextmanager
def use(commune: Commune) -> Iterator[Commune]:
    """Enter a commune; leaving restores what was there before, so entries nest."""
    outer = (connection.tenant, connection.include_public_schema)
    slug_token = log_context.commune_slug.set(commune.slug)
    token = _current.set(commune)
    entry_token = _entries.set({})
    connection.set_tenant(commune, include_public=False)
    try:
        yield commune
    finally:
        _entries.reset(entry_token)
        _current.reset(token)
        log_context.commune_slug.reset(slug_token)
        connection.set_tenant(outer[0], include_public=outer[1])


@contextmanager
def public() -> Iterator[None]:
    """Enter the registry, explicitly: communes, hosts, operators."""
    outer = (connection.tenant, connection.include_public_schema)
    token = _current.set(None)
    entry_token = _entries.set({})
    connection.set_schema_to_public()
    try:
        yield
    finally:
        _entries.reset(entry_token)
        _current.reset(token)
        connection.set_tenant(outer[0], include_public=outer[1])


def current() -> Commune:
    """The commune entered; raises `NoCommune` outside of any."""
    commune = _current.get()
    if commune is None:
        raise NoCommune("no commune was entered: use tenants.context.use(commune)")
    return commune


def current_or_none() -> Commune | None:
    """The commune entered, or None in the registry."""
    return _current.get()


def entry() -> dict[str, object]:
    """What was read once since the commune was entered (its settings row); gone on leaving."""
    try:
        return _entries.get()
    except LookupError:
        return {}
