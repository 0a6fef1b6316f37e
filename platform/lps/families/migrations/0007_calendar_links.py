"""A family's link may be that of its calendar."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("families", "0006_portal_trial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="familylink",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("codes", "retrouver ses codes"),
                    ("device", "nouvel appareil"),
                    ("address", "prouver son adresse"),
                    ("calendar", "calendrier"),
                ],
                max_length=8,
                verbose_name="objet",
            ),
        ),
    ]
