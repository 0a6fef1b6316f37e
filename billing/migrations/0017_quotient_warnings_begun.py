"""Families are told that their quotient ends once the town has said so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0016_uses_taken_back")]

    operations = [
        migrations.AddField(
            model_name="billingsettings",
            name="quotient_warnings_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="familles prévenues depuis le"),
        )
    ]
