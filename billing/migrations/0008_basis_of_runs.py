"""The digest of the prices that a run was computed with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_incident_notes")]

    operations = [
        migrations.AddField(
            model_name="billingrun",
            name="basis",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, verbose_name="empreinte des tarifs"
            ),
        )
    ]
