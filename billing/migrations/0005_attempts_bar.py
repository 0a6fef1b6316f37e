"""Until when an attempt bars another one on its invoice."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_online_limit_is_the_runs")]

    operations = [
        migrations.AddField(
            model_name="paymentattempt",
            name="bar_ends_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="empêche une autre tentative jusqu'au"
            ),
        )
    ]
