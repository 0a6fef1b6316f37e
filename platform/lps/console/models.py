"""What the vendor's side keeps in the registry beside the communes themselves."""

from django.db import models
from django.db.models import F, Q

from lps.kernel import clock


class Visit(models.Model):
    """An operator inside a commune: who, why, until when, and whether something may be changed there.

    All instants are true time. The operator's key names no foreign row: the visit outlives the account.
    """

    commune = models.ForeignKey("tenants.Commune", models.CASCADE, related_name="+", verbose_name="commune")
    operator = models.BigIntegerField("clé de l'exploitant")
    operator_name = models.CharField("exploitant", max_length=120)
    reason = models.CharField("motif", max_length=300)
    writes = models.BooleanField("peut modifier", default=False)
    asked_at = models.DateTimeField("demandée le", default=clock.real_now)
    ends_at = models.DateTimeField("finit au plus tard le")
    entered_at = models.DateTimeField("commencée le", null=True)
    left_at = models.DateTimeField("quittée le", null=True)

    class Meta:
        verbose_name = "visite"
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("asked_at")), name="visit_ends_after_it_is_asked"),
        )
        indexes = (models.Index(fields=("commune", "-asked_at"), name="visit_of_commune"),)

    def __str__(self) -> str:
        return f"{self.operator_name} {self.asked_at:%Y-%m-%d %H:%M}"


class Erasure(models.Model):
    """A commune that is to be erased, then the certificate that it was: it outlives the commune, and names nobody."""

    class State(models.TextChoices):
        PLANNED = "planned", "prévu"
        CANCELED = "canceled", "annulé"
        ERASING = "erasing", "en cours"
        DONE = "done", "fait"

    # No foreign key: the row of the registry may come back under the same identifier.
    commune_key = models.UUIDField("clé de la commune", editable=False)
    slug = models.CharField("nom dans l'adresse", max_length=60)
    header_name = models.CharField("nom en tête de page", max_length=120)
    insee = models.CharField("code INSEE", max_length=5, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    opened_at = models.DateTimeField("ouverte le")
    reason = models.CharField("motif", max_length=300)
    state = models.CharField("état", max_length=8, choices=State, default=State.PLANNED)
    asked_by = models.CharField("demandé par", max_length=120)
    asked_at = models.DateTimeField("demandé le", default=clock.real_now)
    due_at = models.DateTimeField("prévu le")
    canceled_by = models.CharField("annulé par", max_length=120, blank=True)
    canceled_at = models.DateTimeField("annulé le", null=True)
    done_at = models.DateTimeField("fait le", null=True)
    # What was there: tables, rows, files, hosts, numbers, and the sums of the last export.
    told = models.JSONField("ce qui a été effacé", default=dict)

    class Meta:
        verbose_name = "effacement"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("commune_key",), condition=Q(state__in=("planned", "erasing")), name="erasure_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("asked_at")), name="erasure_due_after_it_is_asked"),
        )

    def __str__(self) -> str:
        return f"{self.slug} {self.state}"
