"""Tables that nobody rewrites: a trigger refuses UPDATE, DELETE and TRUNCATE.

Only the retention purge and the erasure of a family lift it, for their own transaction (`purging`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.migrations.operations.base import Operation

_FUNCTION = """
CREATE OR REPLACE FUNCTION lps_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF current_setting('lps.purging', true) = 'on' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'table % keeps what was written (refuse_change)', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $body$
"""


class RefuseChange(Operation):
    """Migration operation: rows of this model are written once and stay."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__qualname__, [self.model_name], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The trigger is not part of Django's state."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        table = schema_editor.quote_name(model._meta.db_table)
        schema_editor.execute(_FUNCTION, params=None)
        schema_editor.execute(
            f"CREATE TRIGGER lps_refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION lps_refuse_change()",
            params=None,
        )
        schema_editor.execute(
            f"CREATE TRIGGER lps_refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION lps_refuse_change()",
            params=None,
        )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        table = schema_editor.quote_name(model._meta.db_table)
        schema_editor.execute(f"DROP TRIGGER lps_refuse_change ON {table}", params=None)
        schema_editor.execute(f"DROP TRIGGER lps_refuse_truncate ON {table}", params=None)

    def describe(self) -> str:
        return f"Refuse any change to the rows of {self.model_name}"


@contextmanager
def purging() -> Iterator[None]:
    """Lift the refusal inside one transaction, for the retention purge and the erasure of a family alone."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lps.purging = 'on'")
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lps.purging = 'off'")
