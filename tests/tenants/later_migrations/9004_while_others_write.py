from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """It refuses a transaction."""

    atomic = False
    dependencies = [("voice", "9003_the_same_table_again")]

    operations = [
        AddIndexConcurrently("hearing", models.Index(fields=["name"], name="hearing_name")),
        migrations.AddField("hearing", "late", models.BooleanField(db_default=False)),
    ]
