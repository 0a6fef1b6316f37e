"""The Treasury's files that were compared with our payments: written once."""

import django.db.models.deletion
from django.db import migrations, models

from lps.journal.operations import RefuseChange


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_basis_of_runs")]

    operations = [
        migrations.CreateModel(
            name="TreasuryFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("numcli", models.CharField(max_length=6, verbose_name="numéro de client")),
                ("name", models.CharField(max_length=120, verbose_name="fichier")),
                ("path", models.CharField(max_length=200, verbose_name="fichier gardé")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                ("first_day", models.DateField(verbose_name="premier jour")),
                ("last_day", models.DateField(verbose_name="dernier jour")),
                ("line_count", models.PositiveIntegerField(verbose_name="paiements")),
                ("total", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="total")),
                ("found", models.JSONField(default=dict, verbose_name="résultat")),
                ("received_at", models.DateTimeField(verbose_name="reçu le")),
                ("received_by", models.CharField(max_length=120, verbose_name="par")),
            ],
            options={
                "verbose_name": "fichier de la Trésorerie",
                "verbose_name_plural": "fichiers de la Trésorerie",
                "ordering": ("-pk",),
                "constraints": [models.UniqueConstraint(fields=("sha256",), name="treasury_file_once")],
            },
        ),
        migrations.CreateModel(
            name="TreasuryLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rank", models.PositiveIntegerField(verbose_name="rang")),
                ("day", models.DateField(verbose_name="jour")),
                ("refdet", models.CharField(max_length=30, verbose_name="référence de la dette")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=10, verbose_name="montant")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="billing.treasuryfile",
                    ),
                ),
            ],
            options={
                "verbose_name": "ligne de la Trésorerie",
                "verbose_name_plural": "lignes de la Trésorerie",
                "ordering": ("file", "rank"),
                "constraints": [models.UniqueConstraint(fields=("file", "rank"), name="treasury_line_once")],
            },
        ),
        RefuseChange("TreasuryFile"),
        RefuseChange("TreasuryLine"),
    ]
