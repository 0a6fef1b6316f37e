"""Opening a commune: its registry row, its key, its schema and what its catalogue template puts there."""

import logging
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import transaction

from lps.accounts.services import reseal_secrets, sealed_secrets
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from tenants import context, keys, queries, schemas
from tenants.models import Commune, CommuneState, Host
from tenants.names import proposed_place_of
from tenants.telephone import reseal_lines, sealed_passwords
from tenants.town.services import open_town

log = logging.getLogger(__name__)
_DOMAIN = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$")
_SLUG = re.compile(r"^[a-z][a-z0-9-]{1,40}[a-z0-9]$")
RESERVED = frozenset({"www", "console", "api", "mail", "smtp", "static", "public", "extensions", "template", "pg"})


class CannotOpen(ValueError):
    """Why this commune cannot be opened, as a French sentence for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the registry holds of a commune."""

    slug: str
    header_name: str
    place_name: str
    place_of: str = ""
    insee: str = ""
    siret: str = ""
    time_zone: str = "Europe/Paris"
    domains: tuple[str, ...] = ()
    catalogue: str = ""
    # To be opened: its agents prepare it, the families wait for the day.
    to_open: bool = False
    opens_on: date | None = None


Furnish = Callable[[Commune, Actor, datetime], None]
"""Puts a catalogue template's rows into a commune just made, from inside of it."""


def create_commune(*, identity: Identity, by: Actor, channel: Channel, furnish: Furnish | None = None) -> Commune:
    """Open a commune, all or nothing; raises `CannotOpen`."""
    check_identity(identity)
    schema = schema_name(identity.slug)
    with context.public():
        if Commune.objects.filter(slug=identity.slug).exists() or Commune.objects.filter(schema_name=schema).exists():
            raise CannotOpen(f"La commune « {identity.slug} » existe déjà.")
    try:
        with transaction.atomic():
            commune = _register(identity, schema)
            schemas.create(schema)
            _furnish(commune, by=by, channel=channel, furnish=furnish)
            with context.public():
                record(by=by, channel=channel, action="commune_opened", subject=f"commune:{commune.slug}")
    finally:
        queries.forget_hosts()
    log.info("commune %s opened", identity.slug)
    return commune


def is_siret(number: str) -> bool:
    """Fourteen digits under the key of Luhn, as INSEE draws them (La Poste's own sites follow another rule)."""
    if not re.fullmatch(r"\d{14}", number):
        return False
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(number)]
    return sum(two // 10 + two % 10 for two in doubled) % 10 == 0


def drop_commune(*, slug: str) -> None:
    """Remove a demonstration or test commune with all it holds. A real one is erased, not dropped."""
    commune = queries.commune_by_slug(slug=slug)
    with transaction.atomic(), context.public():
        schemas.drop(commune.schema_name)
        commune.delete(force_drop=False)
    queries.forget_hosts()


def rotate_keys(*, by: Actor, channel: Channel) -> int:
    """Wrap the communes' data keys under the first application key, and seal the operators' secrets and the passwords
    of telephone lines under it.

    Touches no family's data, and stops nobody: both keys are known meanwhile. One commune after the other, each in a
    statement of its own: killed half-way, it leaves communes under either key, and the next run does the others.
    Raises `KeyLost` before it changes anything. Returns how many communes it wrapped again.
    """
    with context.public():
        behind = [commune for commune in queries.communes() if keys.is_behind(commune.wrapped_key)]
        wrapped = [(commune, keys.rewrap(commune)) for commune in behind]
        with transaction.atomic():
            secrets = reseal_secrets() + reseal_lines()
        for commune, again in wrapped:
            # Not where the key was destroyed meanwhile: an erased commune stays unreadable.
            Commune.objects.filter(pk=commune.pk, wrapped_key=commune.wrapped_key).update(wrapped_key=again)
        after = {"communes": len(behind), "secrets": secrets}
        record(by=by, channel=channel, action="keys_rotated", subject="registry", after=after)
    queries.forget_hosts()
    log.info("data keys of %s communes wrapped again", len(behind))
    return len(behind)


def keys_in_use() -> Counter[str]:
    """How many communes, operators' secrets and passwords of lines are sealed under each application key."""
    with context.public():
        sealed = [commune.wrapped_key for commune in queries.communes() if commune.wrapped_key]
        return Counter(keys.key_of(text) for text in (*sealed, *sealed_secrets(), *sealed_passwords()))


def schema_name(slug: str) -> str:
    """The PostgreSQL schema of a slug."""
    return "c_" + slug.replace("-", "_")


def check_identity(identity: Identity) -> None:
    """Raises `CannotOpen` for what no commune can be."""
    if not _SLUG.match(identity.slug) or identity.slug in RESERVED:
        raise CannotOpen(f"« {identity.slug} » ne peut pas servir d'adresse : lettres sans accent, chiffres et tirets.")
    if not identity.header_name.strip() or not identity.place_name.strip():
        raise CannotOpen("Le nom de la commune manque.")
    try:
        ZoneInfo(identity.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise CannotOpen(f"Le fuseau horaire « {identity.time_zone} » n'existe pas.") from None
    if identity.siret and not is_siret(identity.siret):
        raise CannotOpen(
            f"« {identity.siret} » n'est pas un SIRET : quatorze chiffres, le dernier contrôle les autres."
        )
    for domain in identity.domains:
        if not _DOMAIN.match(domain) or domain.endswith(tuple(settings.LPS_BASE_DOMAINS)):
            raise CannotOpen(f"« {domain} » n'est pas un nom de domaine que cette commune peut porter.")
    if identity.insee and not re.fullmatch(r"\d[0-9AB]\d{3}", identity.insee):
        raise CannotOpen(f"« {identity.insee} » n'est pas un code INSEE.")


def _register(identity: Identity, schema: str) -> Commune:
    with context.public():
        commune = Commune(
            schema_name=schema,
            slug=identity.slug,
            header_name=identity.header_name,
            place_name=identity.place_name,
            place_of=identity.place_of or proposed_place_of(identity.place_name),
            insee=identity.insee,
            siret=identity.siret,
            time_zone=identity.time_zone,
            state=CommuneState.TO_OPEN if identity.to_open else CommuneState.ACTIVE,
            opens_on=identity.opens_on,
            catalogue=identity.catalogue,
            created_at=clock.now(),
        )
        commune.wrapped_key = keys.new_wrapped_key(commune)
        commune.save(force_insert=True)
        give_domains(commune, identity.domains)
    return commune


def give_domains(commune: Commune, domains: tuple[str, ...]) -> None:
    """Its own names beside the slug's; raises `CannotOpen` for one that another commune bears."""
    if taken := Host.objects.filter(domain__in=domains).first():
        raise CannotOpen(f"« {taken.domain} » mène déjà à une autre commune.")
    Host.objects.bulk_create(Host(domain=domain, tenant=commune, is_primary=False) for domain in domains)


def _furnish(commune: Commune, *, by: Actor, channel: Channel, furnish: Furnish | None) -> None:
    with context.use(commune):
        open_town()
        if furnish:
            furnish(commune, by, clock.now())
        record(by=by, channel=channel, action="commune_opened", subject=f"commune:{commune.slug}")
