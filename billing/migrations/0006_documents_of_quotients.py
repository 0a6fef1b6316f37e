"""The document that proves a quotient."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_attempts_bar")]

    operations = [
        migrations.AddField(
            model_name="quotient",
            name="document",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="document"),
        )
    ]
