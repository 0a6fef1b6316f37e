from django.db import migrations, models


class Migration(migrations.Migration):
    """What needs a look into the catalog, on tables to which rows were just added."""

    dependencies = [("voice", "9002_rows")]

    operations = [
        migrations.AlterField("hearing", "slug", models.CharField(max_length=60)),
        migrations.RenameField("hearing", "slug", "name"),
        migrations.RemoveConstraint("pronunciation", "pronunciation_once"),
        migrations.AlterField("pronunciation", "written", models.CharField(max_length=90, unique=True)),
    ]
