"""Reads for the operators' pages: the registry, and figures across the communes of a page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet, prefetch_related_objects

from lps.console import figures, words
from lps.console.figures import Figures
from lps.console.using import month_before
from lps.journal.models import AuditEntry
from lps.ui.bars import Bar, Chart
from tenants import context, queries
from tenants.fleet.versions import Standing
from tenants.models import Commune, CommuneState

LAST_ENTRIES, MONTHS = 20, 12


@dataclass(frozen=True, slots=True)
class Row:
    """A commune as the list shows it, with every host name that leads to it; no figures when its schema is behind."""

    commune: Commune
    url: str
    hosts: tuple[str, ...]
    figures: Figures | None
    version: str
    missing: str  # the first migration that its schema misses


@dataclass(frozen=True, slots=True)
class Detail:
    """One commune: its line, its last twelve months, newest first, and what was done to it."""

    row: Row
    months: list[tuple[date, Figures]]
    entries: list[tuple[AuditEntry, str]]


def found(asked: str, *, state: str = "") -> QuerySet[Commune]:
    """The communes that are not erased, by a part of a name, of a host or a code, in the order of their slugs."""
    communes: QuerySet[Commune] = Commune.objects.exclude(state=CommuneState.ERASED).order_by("slug")
    if state in CommuneState.values:
        communes = communes.filter(state=state)
    if asked.strip():
        like = Q(header_name__icontains=asked.strip()) | Q(slug__icontains=asked.strip()) | Q(insee=asked.strip())
        hosts = Commune.objects.filter(domains__domain__icontains=asked.strip()).values("pk")
        communes = communes.filter(like | Q(pk__in=hosts))
    return communes


def rows(communes: Sequence[Commune], *, today: date) -> list[Row]:
    """These communes as the list shows them, in a constant number of statements."""
    with context.public():
        prefetch_related_objects(list(communes), "domains")
    standings = figures.standings(communes)
    readable = [one for one in communes if figures.is_readable(standings[one.slug])]
    counted = figures.of_month(readable, first_day=today.replace(day=1))
    return [
        Row(one, queries.url_of(one), _hosts(one), counted.get(one.slug), *_standing(standings[one.slug]))
        for one in communes
    ]


def chart_of(months: Sequence[tuple[date, Figures]], *, title: str, number: Callable[[Figures], int]) -> Chart:
    """One number of each month as bars, the oldest first."""
    told = [(day, number(one)) for day, one in reversed(months)]
    names = ", ".join(f"{day:%m/%Y} {value}" for day, value in told)
    bars = [Bar(name=(f"{day:%m}", f"{day:%y}"), value=value, text=str(value)) for day, value in told]
    return Chart(f"{title} : {names}", bars)


def detail(commune: Commune, *, today: date) -> Detail:
    """All that the page of one commune shows."""
    (row,) = rows([commune], today=today)
    months = []
    if row.figures is not None:
        first_days = [month_before(today, back) for back in range(MONTHS)]
        months = [(day, figures.of_month([commune], first_day=day)[commune.slug]) for day in first_days]
    with context.public():
        entries = AuditEntry.objects.filter(subject=f"commune:{commune.slug}").order_by("-at", "-pk")
        return Detail(row, months, [(entry, words.action_text(entry.action)) for entry in entries[:LAST_ENTRIES]])


def _standing(standing: Standing) -> tuple[str, str]:
    """The version of a schema, and what it misses first."""
    return standing.version, ".".join(standing.missing[0]) if standing.missing else ""


def _hosts(commune: Commune) -> tuple[str, ...]:
    others = sorted(host.domain for host in commune.domains.all())
    return tuple(dict.fromkeys([queries.host_of(commune), *others]))
