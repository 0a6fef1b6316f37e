"""Payments announced by the address protocol, which the Treasury's file confirms or not: new words, no new column."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0014_run_work")]

    operations = [
        migrations.AlterField(
            model_name="paymentattempt",
            name="state",
            field=models.CharField(
                choices=[
                    ("opening", "en préparation"),
                    ("waiting", "en attente de réponse"),
                    ("paid", "payée par carte"),
                    ("debit_ordered", "prélèvement ordonné"),
                    ("announced", "annoncée, à rapprocher"),
                    ("refused", "refusée"),
                    ("canceled", "abandonnée"),
                    ("expired", "expirée"),
                    ("mismatch", "incident à examiner"),
                ],
                default="opening",
                max_length=13,
                verbose_name="état",
            ),
        ),
        migrations.AlterField(
            model_name="incidentnote",
            name="kind",
            field=models.CharField(
                choices=[
                    ("mismatch", "paiement différent de ce qui était demandé"),
                    ("silent", "Trésorerie muette"),
                    ("late", "paiement arrivé après la fin de la tentative"),
                    ("overpaid", "trop-perçu"),
                    ("unproved", "paiement annoncé, jamais confirmé"),
                ],
                max_length=8,
                verbose_name="incident",
            ),
        ),
    ]
