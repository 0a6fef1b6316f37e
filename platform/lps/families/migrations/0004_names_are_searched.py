"""Names are searched by what they sound like on the keyboard: a key for guardians too, and trigrams for all."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from lps.kernel.text import sort_key


def fill(apps, schema_editor):
    """Guardians entered before have no key yet."""
    guardian = apps.get_model("families", "Guardian")
    rows = list(guardian.objects.filter(name_sort=""))
    for one in rows:
        one.name_sort = sort_key(f"{one.last_name} {one.first_name}")
    guardian.objects.bulk_update(rows, ["name_sort"], batch_size=1000)


class Migration(migrations.Migration):

    dependencies = [
        ("families", "0003_rollover_prepared"),
    ]

    operations = [
        migrations.AddField(
            model_name="guardian",
            name="name_sort",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=140),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="household",
            index=GinIndex(fields=["name_sort"], name="household_name_like", opclasses=("gin_trgm_ops",)),
        ),
        migrations.AddIndex(
            model_name="child",
            index=GinIndex(fields=["name_sort"], name="child_name_like", opclasses=("gin_trgm_ops",)),
        ),
        migrations.AddIndex(
            model_name="guardian",
            index=GinIndex(fields=["name_sort"], name="guardian_name_like", opclasses=("gin_trgm_ops",)),
        ),
    ]
