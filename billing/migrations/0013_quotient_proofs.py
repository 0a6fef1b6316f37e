"""What families send to prove their quotients."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_runs_corrected_so_far"), ("families", "0007_calendar_links")]

    operations = [
        migrations.CreateModel(
            name="QuotientProof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("family_fund", "attestation de la CAF ou de la MSA"),
                            ("tax", "avis d'imposition"),
                            ("other", "autre document"),
                        ],
                        max_length=11,
                        verbose_name="document",
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=200, verbose_name="fichier gardé")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sent", "à examiner"),
                            ("accepted", "accepté"),
                            ("refused", "refusé"),
                            ("withdrawn", "retiré"),
                        ],
                        default="sent",
                        max_length=9,
                        verbose_name="état",
                    ),
                ),
                ("answer", models.CharField(blank=True, max_length=300, verbose_name="réponse")),
                ("sent_at", models.DateTimeField(verbose_name="envoyé le")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="examiné le")),
                ("answered_by", models.CharField(blank=True, max_length=120, verbose_name="par")),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="families.household"
                    ),
                ),
            ],
            options={
                "verbose_name": "justificatif de quotient",
                "verbose_name_plural": "justificatifs de quotients",
                "ordering": ("sent_at", "pk"),
                "indexes": [models.Index(fields=["household", "sent_at"], name="quotient_proof_of_household")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(state="sent"),
                        fields=("household",),
                        name="quotient_proof_one_waiting",
                        violation_error_message="Un justificatif de cette famille attend déjà.",
                    )
                ],
            },
        ),
    ]
