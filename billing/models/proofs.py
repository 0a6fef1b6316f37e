"""What comes in about quotients: files of them, sent by agents, and the families' own proofs."""

from django.db import models


class QuotientImport(models.Model):
    """A file of quotients: read and previewed, written once accepted, undone as a whole while nobody was invoiced.

    `report` is what the preview says; `effect` holds, by household, what undoing needs: made, cut short, replaced.
    """

    class State(models.TextChoices):
        READ = "read", "à vérifier"
        DONE = "done", "enregistré"
        UNDONE = "undone", "annulé"

    path = models.CharField("fichier gardé", max_length=200)
    file_name = models.CharField("fichier", max_length=200)
    columns = models.JSONField("colonnes", default=dict)
    # For the lines that tell none of their own.
    since = models.DateField("premier jour")
    last_day = models.DateField("dernier jour", null=True, blank=True)
    line_count = models.PositiveIntegerField("lignes")
    state = models.CharField("état", max_length=6, choices=State, default=State.READ)
    report = models.JSONField("compte rendu", default=dict)
    effect = models.JSONField("effet", default=list, blank=True)
    received_at = models.DateTimeField("reçu le")
    received_by = models.CharField("par", max_length=120)
    written_at = models.DateTimeField("enregistré le", null=True, blank=True)
    undone_at = models.DateTimeField("annulé le", null=True, blank=True)

    class Meta:
        verbose_name = "import de quotients"
        verbose_name_plural = "imports de quotients"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.file_name
