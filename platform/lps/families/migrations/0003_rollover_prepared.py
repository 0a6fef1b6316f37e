"""A passage is prepared before it is applied: its day, what was decided, and no date yet."""

import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("families", "0002_the_town_hall")]

    operations = [
        migrations.AddField(
            model_name="rollover",
            name="day",
            field=models.DateField(default=datetime.date(2000, 1, 1), verbose_name="à partir du"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="rollover",
            name="plan",
            field=models.JSONField(default=dict, verbose_name="ce qui est décidé"),
        ),
        migrations.AlterField(
            model_name="rollover",
            name="applied_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="fait le"),
        ),
        migrations.AlterField(
            model_name="rollover",
            name="applied_by",
            field=models.CharField(blank=True, max_length=120, verbose_name="par"),
        ),
    ]
