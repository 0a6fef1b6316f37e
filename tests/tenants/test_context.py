"""One way into a commune, and nothing of another seen from there."""

import pytest
from django.db import ProgrammingError, connection, transaction

from tenants import context
from tenants.models import Commune
from tenants.town import queries as town
from tenants.town.services import change_settings


def test_a_commune_sees_its_own_settings_row(demo: Commune, buchelay: Commune) -> None:
    with context.use(demo):
        change_settings(tagline="démonstration seule")

    with context.use(buchelay):
        assert town.settings().tagline != "démonstration seule"


def test_the_registry_is_not_seen_from_inside(in_demo: Commune) -> None:
    with pytest.raises(ProgrammingError, match="tenants_commune"), transaction.atomic():
        Commune.objects.count()


def test_a_table_missing_in_a_commune_is_an_error(in_demo: Commune) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE town_message")

    with pytest.raises(ProgrammingError, match="town_message"), transaction.atomic():
        town.messages_shown(now=in_demo.created_at)


def test_leaving_restores_what_was_there(demo: Commune, buchelay: Commune) -> None:
    with context.use(demo):
        with context.use(buchelay):
            assert context.current() == buchelay
        assert context.current() == demo
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            assert cursor.fetchone() == (demo.schema_name,)

    assert context.current_or_none() is None


def test_a_rollback_leaves_no_other_communes_path(demo: Commune, buchelay: Commune) -> None:
    with context.use(demo), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    with context.use(buchelay):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM nowhere")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            assert cursor.fetchone() == (buchelay.schema_name,)


def test_outside_of_any_commune_there_is_none() -> None:
    with pytest.raises(context.NoCommune):
        context.current()
