"""Migrations that the code before them could not bear are refused, kind by kind."""

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tenants.fleet import safety

BOOKING = [
    ("id", models.BigAutoField(primary_key=True)),
    ("day", models.DateField(null=True)),
    ("words", models.CharField(max_length=40)),
    ("places", models.IntegerField(db_default=0)),
    ("child", models.ForeignKey("essai.child", models.CASCADE)),
]


def reasons(*operations: Operation) -> list[str]:
    """What is said of a migration made of these, after one that made a booking and its child."""
    state = ProjectState()
    first = migrations.Migration("0001_initial", "essai")
    first.operations = [
        migrations.CreateModel("Child", [("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel("Booking", BOOKING, options={"db_table": "booking_booking"}),
    ]
    first.mutate_state(state, preserve=False)
    judged = migrations.Migration("0002_judged", "essai")
    judged.operations = list(operations)
    return [danger.why for danger in safety.dangers_of(judged, state)]


def altered(name: str, field: models.Field) -> Operation:
    return migrations.AlterField("booking", name, field)


def added(field: models.Field) -> Operation:
    return migrations.AddField("booking", "extra", field)


def nothing(apps: object, schema_editor: object) -> None:
    """A data step."""


INDEX = models.Index(fields=["day"], name="by_day")
ONCE = models.UniqueConstraint(fields=["words"], name="words_once")


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (migrations.DeleteModel("Booking"), "reads it still"),
        (migrations.RemoveField("Booking", "words"), "reads it still"),
        (migrations.RenameModel("Booking", "Meal"), "knows the old name"),
        (migrations.RenameField("Booking", "words", "text"), "knows the old name"),
        (migrations.AlterModelTable("Booking", "other"), "knows the old name"),
        (added(models.IntegerField(default=3)), "give it db_default"),
        (added(models.ForeignKey("essai.child", models.CASCADE, related_name="+")), "give it db_default"),
        (added(models.IntegerField(null=True, unique=True)), "unique column"),
        (altered("places", models.BigIntegerField(db_default=0)), "from integer to bigint"),
        (altered("words", models.CharField(max_length=20)), "from varchar(40) to varchar(20)"),
        (altered("day", models.DateField()), "may write NULL"),
        (altered("places", models.IntegerField(default=0)), "count on the default"),
        (altered("words", models.CharField(max_length=40, unique=True)), "write it twice"),
        (altered("words", models.CharField(max_length=40, db_index=True)), "big table"),
        (altered("words", models.CharField(max_length=40, db_column="text")), "old name of the column"),
        (migrations.AddIndex("Booking", INDEX), "big table"),
        (migrations.AddConstraint("Booking", ONCE), "may write what this refuses"),
        (migrations.RunSQL("ALTER TABLE essai_child DROP COLUMN id"), "takes away"),
        (migrations.RunSQL(["SELECT 1", "drop table essai_child"]), "takes away"),
        (migrations.RunSQL([("ALTER TABLE a RENAME TO b", None)]), "renames"),
        (migrations.RunSQL("ALTER TABLE a ALTER COLUMN b TYPE text"), "type"),
        (migrations.RunSQL("ALTER TABLE a ALTER b SET NOT NULL"), "NULL"),
        (migrations.RunSQL("TRUNCATE booking_booking"), "empties"),
        (migrations.RunSQL("CREATE INDEX again ON booking_booking (day)"), "big table"),
        (migrations.SeparateDatabaseAndState([migrations.RemoveField("Booking", "words")]), "reads it still"),
    ],
    ids=lambda value: value.describe() if isinstance(value, Operation) else "",
)
def test_refuses(operation: Operation, why: str) -> None:
    (found,) = reasons(operation)

    assert why in found


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Meal", [("id", models.BigAutoField(primary_key=True))]),
        added(models.IntegerField(null=True)),
        added(models.IntegerField(default=3, db_default=3)),
        added(models.ManyToManyField("essai.child", related_name="+")),
        altered("words", models.CharField(max_length=80)),
        altered("words", models.TextField()),
        altered("words", models.CharField("another label", max_length=40, choices=[("a", "b")])),
        altered("words", models.CharField(max_length=40, null=True)),
        AddIndexConcurrently("Booking", INDEX),
        migrations.AddIndex("Child", models.Index(fields=["id"], name="by_id")),
        migrations.RemoveIndex("Booking", "by_day"),
        migrations.RunSQL("UPDATE booking_booking SET words = 'renamed' WHERE words = ''"),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY again ON booking_booking (day)"),
        migrations.RunPython(nothing),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("Booking", "words")]),
    ],
    ids=lambda operation: operation.describe(),
)
def test_lets_pass(operation: Operation) -> None:
    if isinstance(operation, migrations.RemoveIndex):
        assert reasons(AddIndexConcurrently("Booking", INDEX), operation) == []
    else:
        assert reasons(operation) == []


def test_what_the_migration_makes_itself_is_no_danger() -> None:
    made = migrations.CreateModel("Meal", [("id", models.BigAutoField(primary_key=True))])
    column = migrations.AddField("meal", "word", models.CharField(max_length=9, unique=True, default=""))

    assert reasons(made, column, migrations.RemoveField("meal", "word")) == []


def test_rows_are_not_changed_while_tables_are_locked() -> None:
    (found,) = reasons(added(models.IntegerField(null=True)), migrations.RunPython(nothing))

    assert "a migration of its own" in found


def test_the_products_migrations_may_run_beside_the_code_before_them() -> None:
    assert safety.dangers() == []
    assert safety.useless_exceptions() == []


def test_a_migration_after_the_first_version_is_judged_unless_it_is_accepted() -> None:
    before = {**safety.FIRST_VERSION, "billing": "0003_desk_and_reminders"}
    dangers = safety.dangers(first_version=before)
    names = {danger.migration for danger in dangers}
    assert ("billing", "0004_online_limit_is_the_runs") in names and all(app == "billing" for app, _ in names)

    accepted = dict.fromkeys(names, "towns come later")

    assert safety.dangers(first_version=before, accepted=accepted) == []


def test_an_exception_says_why_and_for_what() -> None:
    wrong = {("billing", "0004_online_limit_is_the_runs"): " ", ("billing", "9999_nowhere"): "a reason"}

    assert safety.useless_exceptions(wrong) == list(wrong)


def test_the_big_tables_are_the_products() -> None:
    assert {model._meta.db_table for model in apps.get_models()} >= safety.BIG_TABLES
