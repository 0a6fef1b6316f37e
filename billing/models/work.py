"""What workers do for a run: compute it, publish it, put its papers together."""

from django.db import models

from billing.models.invoices import BillingRun


class RunWork(models.Model):
    """A work that an agent asked of a run: one of a kind, asked again at will once it is over.

    Unfinished and held by nobody, it is begun again by the next worker. `files` is what it made, in order:
    `{"path": "…", "label": "…", "count": 100}`.
    """

    class Kind(models.TextChoices):
        COMPUTE = "compute", "calcul"
        PUBLISH = "publish", "publication"
        ARCHIVE = "archive", "archive des PDF"
        LETTERS = "letters", "factures à poster"

    class State(models.TextChoices):
        ASKED = "asked", "demandé"
        WORKING = "working", "en cours"
        DONE = "done", "fait"
        FAILED = "failed", "échec"

    run = models.ForeignKey(BillingRun, models.CASCADE, related_name="works")
    kind = models.CharField("travail", max_length=7, choices=Kind)
    state = models.CharField("état", max_length=7, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField("demandé le")
    asked_by = models.CharField("par", max_length=120)
    # Kind and key of who asked, `agent:12`, for the journal.
    asked_key = models.CharField("clé de l'auteur", max_length=80)
    # Counted before each try: a work that stops its workers is given up.
    tries = models.PositiveSmallIntegerField("essais", default=0)
    total = models.PositiveIntegerField("à faire", default=0)
    failure = models.CharField("raison de l'échec", max_length=20, blank=True)
    files = models.JSONField("fichiers", default=list, blank=True)
    finished_at = models.DateTimeField("fini le", null=True, blank=True)

    class Meta:
        verbose_name = "travail sur un lot"
        verbose_name_plural = "travaux sur les lots"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("run", "kind"), name="run_work_once_a_kind"),)

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind} {self.state}"

    @property
    def is_over(self) -> bool:
        """Whether nobody has to do it any more."""
        return self.state in (self.State.DONE, self.State.FAILED)
