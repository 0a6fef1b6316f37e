"""What agents noted of the incidents of online payment: written once."""

import django.db.models.deletion
from django.db import migrations, models

from lps.journal.operations import RefuseChange


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_documents_of_quotients")]

    operations = [
        migrations.CreateModel(
            name="IncidentNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mismatch", "paiement différent de ce qui était demandé"),
                            ("silent", "Trésorerie muette"),
                            ("late", "paiement arrivé après la fin de la tentative"),
                            ("overpaid", "trop-perçu"),
                        ],
                        max_length=8,
                        verbose_name="incident",
                    ),
                ),
                ("note", models.CharField(max_length=300, verbose_name="ce qui a été fait")),
                ("at", models.DateTimeField(verbose_name="examiné le")),
                ("by", models.CharField(max_length=120, verbose_name="par")),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incident_notes",
                        to="billing.paymentattempt",
                    ),
                ),
            ],
            options={
                "verbose_name": "incident examiné",
                "verbose_name_plural": "incidents examinés",
                "ordering": ("-pk",),
                "constraints": [
                    models.UniqueConstraint(fields=("attempt", "kind"), name="incident_note_once"),
                ],
            },
        ),
        RefuseChange("IncidentNote"),
    ]
