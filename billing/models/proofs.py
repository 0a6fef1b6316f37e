"""What comes in about quotients: files of them, sent by agents, and the families' own proofs."""

from django.db import models
from django.db.models import Q


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


class QuotientProof(models.Model):
    """What a family sent to prove its quotient (justificatif), and the town's answer. One waits at a time.

    Once accepted, the document is the quotient's own; that of a refused proof stays sixty days, to be contested.
    """

    class Kind(models.TextChoices):
        FAMILY_FUND = "family_fund", "attestation de la CAF ou de la MSA"
        TAX = "tax", "avis d'imposition"
        OTHER = "other", "autre document"

    class State(models.TextChoices):
        SENT = "sent", "à examiner"
        ACCEPTED = "accepted", "accepté"
        REFUSED = "refused", "refusé"
        WITHDRAWN = "withdrawn", "retiré"

    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+")
    kind = models.CharField("document", max_length=11, choices=Kind)
    # Where the storage keeps it; "" once it is the quotient's, or gone. See booking.documents.
    document = models.CharField("fichier gardé", max_length=200, blank=True)
    state = models.CharField("état", max_length=9, choices=State, default=State.SENT)
    answer = models.CharField("réponse", max_length=300, blank=True)
    sent_at = models.DateTimeField("envoyé le")
    answered_at = models.DateTimeField("examiné le", null=True, blank=True)
    answered_by = models.CharField("par", max_length=120, blank=True)

    class Meta:
        verbose_name = "justificatif de quotient"
        verbose_name_plural = "justificatifs de quotients"
        ordering = ("sent_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("household",),
                condition=Q(state="sent"),
                name="quotient_proof_one_waiting",
                violation_error_message="Un justificatif de cette famille attend déjà.",
            ),
        )
        indexes = (models.Index(fields=("household", "sent_at"), name="quotient_proof_of_household"),)

    def __str__(self) -> str:
        return f"{self.household_id} {self.kind}"
