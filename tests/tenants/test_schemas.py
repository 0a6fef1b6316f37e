"""A commune made from the template is the one that the migrations make."""

from collections.abc import Iterator

import pytest
from django.db import connection

from tenants import context, schemas
from tests.tenants.catalog import catalog


@pytest.fixture
def two_schemas(db: None) -> Iterator[tuple[str, str]]:
    names = ("c_par_modele", "c_par_migrations")
    assert schemas.create(names[0]) == "template"
    schemas.create_by_migrations(names[1])
    yield names


def test_template_and_migrations_leave_equal_catalogs(two_schemas: tuple[str, str]) -> None:
    by_template, by_migrations = (catalog(name) for name in two_schemas)

    assert by_template["columns"] and by_template["triggers"] and by_template["migrations"]
    assert by_template == by_migrations


def test_a_schema_that_misses_a_migration_is_behind(two_schemas: tuple[str, str]) -> None:
    from lps.console.services import Identity, create_commune
    from lps.journal.actors import Actor
    from lps.journal.channels import Channel

    commune = create_commune(
        identity=Identity(slug="retard", header_name="Ville de Retard", place_name="Retard"),
        by=Actor.system("test"),
        channel=Channel.AUTOMATIC,
    )
    assert commune.schema_name not in schemas.behind()

    with context.use(commune), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'town'")

    assert commune.schema_name in schemas.behind()


def test_public_and_extensions_are_never_dropped() -> None:
    for name in ("public", "extensions"):
        with pytest.raises(ValueError, match=name):
            schemas.drop(name)
