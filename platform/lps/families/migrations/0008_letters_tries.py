"""How often a worker began to draw letters: those that stop it are not tried for ever."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("families", "0007_calendar_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="lettersbatch",
            name="tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="essais"),
        ),
    ]
