"""How often a worker began to write a file: one that stops its worker is not tried for ever."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("families", "0004_names_are_searched"),
    ]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="essais d'écriture"),
        ),
    ]
