from django.db import migrations, models

from lps.journal.operations import RefuseChange
from tests.tenants.later_migrations import LAST

TRIGGER = """
CREATE FUNCTION voice_shout() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    NEW.spoken := upper(NEW.spoken); -- 100 % of it; nothing is doubled
    RETURN NEW;
END $body$;
CREATE TRIGGER voice_shout BEFORE INSERT ON voice_pronunciation FOR EACH ROW EXECUTE FUNCTION voice_shout();
"""


def fill(apps, schema_editor):
    """One row for each commune, and the rows that it has told otherwise."""
    pronunciation = apps.get_model("voice", "Pronunciation")
    pronunciation.objects.create(written="mairie", spoken="mèri", heard=3)
    if pronunciation.objects.filter(written="casse").exists():
        raise ValueError("a private word")


class Migration(migrations.Migration):
    dependencies = [("voice", LAST)]

    operations = [
        migrations.AddField("pronunciation", "heard", models.PositiveIntegerField(default=7)),
        migrations.AddIndex("pronunciation", models.Index(fields=["heard"], name="pronunciation_heard")),
        migrations.RunSQL(TRIGGER, "DROP FUNCTION voice_shout CASCADE"),
        migrations.CreateModel(
            "Hearing",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("word", models.ForeignKey("voice.pronunciation", models.CASCADE, null=True)),
                ("slug", models.CharField(max_length=40, unique=True)),
            ],
        ),
        RefuseChange("Hearing"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL("ALTER TABLE voice_pronunciation ADD note text DEFAULT 'é %'")],
            state_operations=[migrations.AddField("pronunciation", "note", models.TextField(null=True))],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
