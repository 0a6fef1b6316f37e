"""Files of quotients, sent by agents."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_treasury_files")]

    operations = [
        migrations.CreateModel(
            name="QuotientImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=200, verbose_name="fichier gardé")),
                ("file_name", models.CharField(max_length=200, verbose_name="fichier")),
                ("columns", models.JSONField(default=dict, verbose_name="colonnes")),
                ("since", models.DateField(verbose_name="premier jour")),
                ("last_day", models.DateField(blank=True, null=True, verbose_name="dernier jour")),
                ("line_count", models.PositiveIntegerField(verbose_name="lignes")),
                (
                    "state",
                    models.CharField(
                        choices=[("read", "à vérifier"), ("done", "enregistré"), ("undone", "annulé")],
                        default="read",
                        max_length=6,
                        verbose_name="état",
                    ),
                ),
                ("report", models.JSONField(default=dict, verbose_name="compte rendu")),
                ("effect", models.JSONField(blank=True, default=list, verbose_name="effet")),
                ("received_at", models.DateTimeField(verbose_name="reçu le")),
                ("received_by", models.CharField(max_length=120, verbose_name="par")),
                ("written_at", models.DateTimeField(blank=True, null=True, verbose_name="enregistré le")),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="annulé le")),
            ],
            options={
                "verbose_name": "import de quotients",
                "verbose_name_plural": "imports de quotients",
                "ordering": ("-pk",),
            },
        ),
    ]
