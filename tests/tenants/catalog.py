"""What a schema is made of, told without its name: two that were made alike tell the same."""

import re

from django.db import connection

from tenants import context

CATALOG = {
    "columns": """
        SELECT table_name, column_name,
            row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position),  -- a column removed leaves a hole
            data_type, is_nullable, is_identity, character_maximum_length,
               replace(coalesce(column_default, ''), %(schema)s || '.', '')
        FROM information_schema.columns WHERE table_schema = %(schema)s""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype, replace(pg_get_constraintdef(oid), %(schema)s || '.', '')
        FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace""",
    "indexes": """
        SELECT tablename, indexname, replace(indexdef, %(schema)s || '.', '')
        FROM pg_indexes WHERE schemaname = %(schema)s""",
    "triggers": """
        SELECT c.relname, t.tgname, replace(pg_get_triggerdef(t.oid), %(schema)s || '.', '')
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = %(schema)s::regnamespace AND NOT t.tgisinternal""",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace",
    "sequences": """
        SELECT sequencename, data_type::text, start_value, increment_by
        FROM pg_sequences WHERE schemaname = %(schema)s""",
    "migrations": 'SELECT app, name FROM "{schema}".django_migrations',
    "types": 'SELECT app_label, model FROM "{schema}".django_content_type',
}

# An expression read back from its own text gains or loses brackets and casts, and means the same.
_WRITING = re.compile(r"[()]|::[a-z ]+(\[\])?")


def catalog(schema: str) -> dict[str, list[str]]:
    with context.public(), connection.cursor() as cursor:
        found = {}
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{schema}.django_content_type"])
        (has_types,) = cursor.fetchone()
        for name, statement in CATALOG.items():
            if name == "types" and not has_types:
                continue
            cursor.execute(statement.replace("{schema}", schema), {"schema": schema})
            found[name] = sorted(_WRITING.sub("", str(row).replace(f"{schema}.", "")) for row in cursor.fetchall())
        return found
