"""The use of a credit is taken back by a contrary entry, with its reason."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0015_payments_announced")]

    operations = [
        migrations.AddField(
            "allocation",
            "reverses",
            models.OneToOneField(
                blank=True,
                null=True,
                on_delete=models.PROTECT,
                related_name="reversal",
                to="billing.allocation",
            ),
        ),
        migrations.AddField(
            "allocation",
            "reason",
            models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="motif"),
        ),
        migrations.AddConstraint(
            "allocation",
            models.CheckConstraint(
                condition=models.Q(reverses__isnull=True) | models.Q(amount__lt=0),
                name="allocation_reversal_takes_back",
            ),
        ),
    ]
