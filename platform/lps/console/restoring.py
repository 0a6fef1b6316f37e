"""Bringing a commune back from its archive: the same rows, files and key, or nothing at all."""

import logging
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from lps.console.models import Erasure
from lps.console.services import CannotOpen, Identity, check_identity, give_domains, schema_name
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from tenants import context, keys, lines, queries, schemas
from tenants.archive import loading
from tenants.archive.manifest import BadArchive, Manifest
from tenants.archive.reading import Archive
from tenants.fleet import versions
from tenants.models import Commune, CommuneState

log = logging.getLogger(__name__)
RESTORED = "commune_restored"
_KEPT = {one.name for one in fields(Identity)} & {
    "header_name",
    "place_name",
    "place_of",
    "insee",
    "siret",
    "time_zone",
}


@dataclass(frozen=True, slots=True)
class Restored:
    """The commune as it is back, suspended, and what its archive told."""

    commune: Commune
    manifest: Manifest


def restore(
    *, path: Path, passphrase: str, slug: str = "", trusts_structure: bool = False, by: Actor, channel: Channel
) -> Restored:
    """Bring back the commune of an archive, under its own name or another one; it stays suspended until reopened.

    An archive of an older version holds the SQL that makes its tables, which runs with every right: whoever chose the
    passphrase may have written it and sealed it again. It is refused unless told that the file never left safe hands.

    Everything is compared with the manifest before it is committed. Killed half-way, it is run again: files alone
    may stand, and are replaced. Raises `BadArchive`, `KeyLost` (another passphrase), `CannotOpen`.
    """
    with Archive(path) as archive:
        archive.verify()
        told = archive.manifest
        commune = _described(told, slug or str(told.commune["slug"]))
        commune.wrapped_key = keys.unseal(told.sealed_key, passphrase, commune)
        _check_place(commune)
        is_older = _is_older(told)
        with context.use(commune):
            archive.check_seal()
            if is_older and not trusts_structure:
                raise BadArchive("older_structure")
            loading.load_files(archive)
        try:
            with transaction.atomic():
                _register(commune, told)
                _make_schema(archive, commune, is_older=is_older)
                with context.use(commune):
                    loading.load_rows(archive)
                _tell(commune, told, by=by, channel=channel)
        except IntegrityError as error:
            raise CannotOpen(_("Une autre commune porte déjà ce nom, cette adresse ou ce numéro.")) from error
    if is_older:
        schemas.migrate(commune.schema_name)
    queries.forget_hosts()
    log.info("commune %s restored: %s rows, %s files", commune.slug, told.rows, told.files.number)
    return Restored(commune, told)


def _described(told: Manifest, slug: str) -> Commune:
    """The commune as its registry row will stand, with the id to which its key and its seals are bound."""
    facts: dict[str, Any] = {name: told.commune[name] for name in _KEPT}
    check_identity(Identity(slug=slug, domains=tuple(told.commune["domains"]), **facts))
    return Commune(
        id=UUID(told.commune["id"]),
        slug=slug,
        schema_name=schema_name(slug),
        state=CommuneState.SUSPENDED,
        state_reason=_("Ce portail revient d'une sauvegarde : il est vérifié avant de rouvrir."),
        catalogue=str(told.commune.get("catalogue", "")),
        closed_offers=list(told.commune.get("closed_offers", [])),
        created_at=datetime.fromisoformat(told.commune["created_at"]),
        **facts,
    )


def _check_place(commune: Commune) -> None:
    with context.public():
        if Commune.objects.filter(pk=commune.pk).exclude(state=CommuneState.ERASED).exists():
            raise CannotOpen(_("Cette commune est encore là : effacez-la d'abord, rien n'a été changé."))
        if Erasure.objects.filter(commune_key=commune.pk, state=Erasure.State.ERASING).exists():
            raise CannotOpen(_("L'effacement de cette commune n'est pas fini : recommencez dans un instant."))
        if Commune.objects.exclude(pk=commune.pk).filter(slug=commune.slug).exists():
            raise CannotOpen(_("La commune « %(slug)s » existe déjà : donnez un autre nom.") % {"slug": commune.slug})


def _register(commune: Commune, told: Manifest) -> None:
    with context.public():
        # The row of one that was erased is taken again: visits of the vendor and certificates refer to it.
        was_here = Commune.objects.filter(pk=commune.pk, state=CommuneState.ERASED).exists()
        commune.save(force_insert=not was_here, force_update=was_here)
        give_domains(commune, tuple(told.commune["domains"]))
        try:
            lines.set_lines(commune=commune, numbers=told.commune["numbers"])
        except lines.NumberTaken as error:
            raise CannotOpen(_("Le numéro %(number)s mène déjà à une autre commune.") % {"number": error}) from error


def _is_older(told: Manifest) -> bool:
    """Whether the archive is of an older product; raises `BadArchive` for a newer one."""
    then, now = {(app, name) for app, name in told.migrations}, versions.on_disk()
    if then - now:
        raise BadArchive("newer_version")
    return then != now


def _make_schema(archive: Archive, commune: Commune, *, is_older: bool) -> None:
    """By the code, or, for an older archive, by its own sealed SQL: its migrations follow once its rows are there."""
    if not is_older:
        schemas.create(commune.schema_name)
        return
    structure = archive.structure()
    if not structure:
        raise BadArchive("other_version")
    old = schema_name(str(archive.manifest.commune["slug"]))
    with context.public(), connection.cursor() as cursor:
        cursor.execute(schemas.renamed(structure, old, commune.schema_name))


def _tell(commune: Commune, told: Manifest, *, by: Actor, channel: Channel) -> None:
    """In the registry alone: the commune's own journal is as it was."""
    after = {"rows": told.rows, "files": told.files.number, "content": told.content, "made_at": told.made_at}
    with context.public():
        record(by=by, channel=channel, action=RESTORED, subject=f"commune:{commune.slug}", after=after)
