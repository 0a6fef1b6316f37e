"""Files of families: imports received, letters drawn."""

from django.db import models

from lps.kernel import clock


class ImportBatch(models.Model):
    """A file of families received: read and previewed, written only once accepted, by a worker.

    `report` holds what the preview says (rows to add, change, leave, and each bad line with its reason).
    """

    class State(models.TextChoices):
        RECEIVED = "received", "reçu"
        READ = "read", "lu, à vérifier"
        ACCEPTED = "accepted", "accepté, en attente"
        WRITING = "writing", "en cours d'écriture"
        DONE = "done", "terminé"
        FAILED = "failed", "refusé"

    file = models.CharField("fichier", max_length=200)
    file_name = models.CharField("nom du fichier", max_length=200)
    columns = models.JSONField("colonnes", default=dict)
    state = models.CharField("état", max_length=8, choices=State, default=State.RECEIVED)
    done = models.PositiveIntegerField("lignes faites", default=0)
    total = models.PositiveIntegerField("lignes", default=0)
    tries = models.PositiveSmallIntegerField("essais d'écriture", default=0, db_default=0)
    report = models.JSONField("compte rendu", default=dict)
    requested_by = models.CharField("demandé par", max_length=120)
    created_at = models.DateTimeField("reçu le", default=clock.now)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True)

    class Meta:
        verbose_name = "import"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.file_name


class LettersBatch(models.Model):
    """A request for the codes' letters (PDF), drawn by a worker, one file a class."""

    class State(models.TextChoices):
        ASKED = "asked", "demandé"
        DRAWING = "drawing", "en cours"
        DONE = "done", "prêt"
        FAILED = "failed", "échoué"

    # What was asked: `{"classes": [3, 4]}` or `{"household": 12}`; `files` lists name, label and pages of each file.
    asked = models.JSONField("demande", default=dict)
    state = models.CharField("état", max_length=7, choices=State, default=State.ASKED)
    done = models.PositiveIntegerField("fichiers faits", default=0)
    total = models.PositiveIntegerField("fichiers", default=0)
    tries = models.PositiveSmallIntegerField("essais", default=0, db_default=0)
    files = models.JSONField("fichiers", default=list)
    requested_by = models.CharField("demandé par", max_length=120)
    created_at = models.DateTimeField("demandé le", default=clock.now)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True)

    class Meta:
        verbose_name = "lettres de codes"
        verbose_name_plural = "lettres de codes"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"lettres {self.pk}"

    @property
    def waits(self) -> bool:
        """Whether a worker is still to finish it."""
        return self.state in (self.State.ASKED, self.State.DRAWING)
