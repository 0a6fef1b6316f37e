"""The tabs of a family and the rail of an agent, joined from the lists that each app declares."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The headings of the agents' rail; what is of every day stands above them, under none.
FAMILIES = _("Familles")
CASH = _("Régie")
COMMUNICATION = _("Communication")
SETTINGS = _("Réglages")
HEADINGS: tuple[str | Promise, ...] = ("", FAMILIES, CASH, COMMUNICATION, SETTINGS)


@dataclass(frozen=True)
class NavItem:
    """A place one can go. `permission` is asked before it is shown ("" is for everyone).

    Lists are made before a language is chosen, so `label` may be lazy; `group` is the heading above it in
    the rail ("" for the first, unnamed one). `waiting` counts what waits there for whoever is signed in.
    `of_all`: it is about all families, so that an agent kept to some schools or activities does not open it.
    """

    url_name: str
    label: str | Promise
    permission: str = ""
    group: str | Promise = ""
    waiting: Callable[[Any], int] | None = None
    of_all: bool = False


@dataclass(frozen=True, kw_only=True)
class NavLink:
    """An item as a template draws it. `count` is shown beside the label when it is not zero."""

    url: str
    label: str | Promise
    current: bool = False
    group: str | Promise = ""
    count: int = 0


def by_heading(items: Iterable[NavItem]) -> list[NavItem]:
    """The items of several apps, those of one heading together. Raises ValueError for a heading not in `HEADINGS`."""
    return sorted(items, key=lambda item: HEADINGS.index(item.group))


def links(
    items: Iterable[NavItem],
    *,
    path: str,
    may: Callable[[str], bool],
    counts: Mapping[str, int] | None = None,
    args: Sequence[object] = (),
    urlconf: str | None = None,
) -> list[NavLink]:
    """The items one may open, in order, the one that `path` is under marked as current.

    `counts` gives what waits behind a route's name, `args` what all their addresses hold. Raise NoReverseMatch for a
    route that does not exist.
    """
    waiting = counts or {}
    found = [
        NavLink(
            url=reverse(item.url_name, urlconf=urlconf, args=args),
            label=item.label,
            group=item.group,
            count=waiting.get(item.url_name, 0),
        )
        for item in items
        if not item.permission or may(item.permission)
    ]
    current = _current(found, path)
    return [replace(link, current=link.url == current) for link in found]


def _current(found: Iterable[NavLink], path: str) -> str | None:
    """The longest address that `path` is under: /factures/tipi/ is not also "Facture"."""
    under = [link.url for link in found if path == link.url or (link.url != "/" and path.startswith(link.url))]
    return max(under, key=len, default=None)
