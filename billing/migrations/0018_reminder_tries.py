"""How often a worker began to draw reminders: those that stop it are not tried for ever."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("billing", "0017_quotient_warnings_begun"),
    ]

    operations = [
        migrations.AddField(
            model_name="remindersending",
            name="tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="essais"),
        ),
    ]
