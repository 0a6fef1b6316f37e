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
