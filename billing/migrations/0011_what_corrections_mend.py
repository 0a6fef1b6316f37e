"""Which run a correction mends and why; what the lines of its drafts cost before, and now."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_quotient_imports")]

    operations = [
        migrations.AddField(
            "billingrun",
            "corrects",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.PROTECT,
                related_name="corrections",
                to="billing.billingrun",
                verbose_name="lot corrigé",
            ),
        ),
        migrations.AddField(
            "billingrun",
            "reason",
            models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="motif"),
        ),
        migrations.AddField(
            "draftline",
            "before",
            models.DecimalField(
                blank=True, decimal_places=2, max_digits=10, null=True, verbose_name="déjà facturé"
            ),
        ),
        migrations.AddField(
            "draftline",
            "now",
            models.DecimalField(
                blank=True, decimal_places=2, max_digits=10, null=True, verbose_name="dû maintenant"
            ),
        ),
    ]
