"""Reads of the registry, each explicit about standing in the public schema."""

import logging
import time
import uuid
from collections.abc import Collection
from threading import Lock

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from tenants import context, notices
from tenants.models import Commune, CommuneState, Line
from tenants.offers import TELEPHONE

HOST_TTL = 60.0
LOOK_EVERY = 1.0
OPEN_STATES = (CommuneState.ACTIVE, CommuneState.TO_OPEN)
# A suspended or closed one still answers: with the sentence that says so.
SERVED_STATES = (*OPEN_STATES, CommuneState.SUSPENDED, CommuneState.CLOSED)
log = logging.getLogger(__name__)

_STAMP = "hosts_stamp"
_hosts: dict[str, tuple[float, Commune | None]] = {}
_stamp: tuple[float, object] = (0.0, None)
_lock = Lock()


class UnknownCommune(LookupError):
    """No commune bears that name."""


def commune_by_slug(*, slug: str) -> Commune:
    """The commune of that slug, whatever its state; raises `UnknownCommune`."""
    with context.public():
        try:
            commune: Commune = Commune.objects.get(slug=slug)
        except Commune.DoesNotExist as error:
            raise UnknownCommune(slug) from error
    return commune


def communes() -> list[Commune]:
    """All communes that are not erased, in the order of their slugs."""
    with context.public():
        return list(Commune.objects.exclude(state=CommuneState.ERASED).order_by("slug"))


def names_of(slugs: Collection[str]) -> dict[str, str]:
    """The names of these communes by their slugs, erased ones too."""
    with context.public():
        return dict(Commune.objects.filter(slug__in=slugs).order_by("slug").values_list("slug", "header_name"))


def open_communes() -> list[Commune]:
    """The communes in service, whose tasks run."""
    with context.public():
        return list(Commune.objects.filter(state__in=OPEN_STATES).order_by("slug"))


def commune_of_host(*, host: str) -> Commune | None:
    """The commune served at a host name (no port, lower case), from the process's memory for a minute.

    Unknown hosts are remembered too, so that a scan costs few statements. What another process
    opened or suspended (`forget_hosts`) is seen within a second.
    """
    _forget_if_told()
    known = _hosts.get(host)
    if known and known[0] > time.monotonic():
        return known[1]
    commune = _read_host(host)
    with _lock:
        if len(_hosts) > 5000:
            _hosts.clear()
        _hosts[host] = (time.monotonic() + HOST_TTL, commune)
    return commune


def commune_of_number(*, number: str) -> Commune | None:
    """The open commune that answers at a number (E.164), or None; the telephone must not be closed to it."""
    with context.public():
        answering = Commune.objects.filter(state__in=OPEN_STATES, lines__number=number)
        found: Commune | None = answering.exclude(closed_offers__contains=TELEPHONE).first()
    return found


def lines_of(commune: Commune) -> list[str]:
    """The numbers at which a commune answers."""
    with context.public():
        return list(Line.objects.filter(commune=commune).values_list("number", flat=True))


def all_lines() -> list[str]:
    """Every number of the voice server: what the telephone's side is configured from."""
    with context.public():
        return list(Line.objects.values_list("number", flat=True))


def forget_hosts() -> None:
    """Make every process forget the hosts it knows: a commune was opened, renamed or suspended."""
    global _stamp
    told = uuid.uuid4().hex
    with context.public():
        try:
            cache.set(_STAMP, told, timeout=None)
        except (RedisError, OSError) as error:
            log.warning("other processes will see the change within a minute (%s)", type(error).__name__)
    with _lock:
        _hosts.clear()
        _stamp = (time.monotonic(), told)


def _forget_if_told() -> None:
    """Ask the shared cache, once a second at most, whether the registry changed. Without it, a minute passes."""
    global _stamp
    if time.monotonic() - _stamp[0] < LOOK_EVERY:
        return
    with context.public():
        try:
            found = cache.get(_STAMP)
        except (RedisError, OSError):
            found = _stamp[1]
    with _lock:
        if found != _stamp[1]:
            _hosts.clear()
        _stamp = (time.monotonic(), found)


def host_of(commune: Commune) -> str:
    """The commune's first host name: its slug under the first base domain."""
    return f"{commune.slug}.{settings.LPS_BASE_DOMAINS[0]}"


def url_of(commune: Commune, path: str = "/") -> str:
    """An absolute address in a commune's portal, for mails."""
    return f"{settings.LPS_PUBLIC_SCHEME}://{host_of(commune)}{settings.LPS_PUBLIC_PORT}{path}"


def console_url(path: str = "/") -> str:
    """An absolute address of the vendor's console."""
    return f"{settings.LPS_PUBLIC_SCHEME}://{settings.LPS_CONSOLE_HOST}{settings.LPS_PUBLIC_PORT}{path}"


def _read_host(host: str) -> Commune | None:
    slug, _, domain = host.partition(".")
    is_ours = domain in settings.LPS_BASE_DOMAINS
    with context.public():
        served = Commune.objects.filter(state__in=SERVED_STATES).annotate(notices=notices.standing())
        found: Commune | None = (served.filter(slug=slug) if is_ours else served.filter(domains__domain=host)).first()
    return found
