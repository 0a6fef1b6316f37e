"""A link may be for a new telephone alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_api_answers")]

    operations = [
        migrations.AlterField(
            model_name="accountlink",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("invitation", "invitation"),
                    ("reset", "nouvel accès"),
                    ("telephone", "nouveau téléphone"),
                ],
                max_length=10,
                verbose_name="objet",
            ),
        ),
    ]
