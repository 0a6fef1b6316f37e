"""Audit entries. The database refuses to change them (`operations.RefuseChange`)."""

from django.db import models

from lps.journal.channels import Channel
from lps.kernel import clock


class AuditEntry(models.Model):
    """One thing done: who, when, through which door, to what, before and after."""

    at = models.DateTimeField("date", default=clock.now)
    actor_kind = models.CharField("sorte d'auteur", max_length=12)
    actor_key = models.CharField("clé de l'auteur", max_length=64)
    actor_label = models.CharField("auteur", max_length=120)
    channel = models.CharField("canal", max_length=10, choices=Channel)
    action = models.CharField("action", max_length=60)
    subject = models.CharField("objet", max_length=120)
    before = models.JSONField("avant", null=True)
    after = models.JSONField("après", null=True)
    request_id = models.CharField("requête", max_length=32, blank=True)

    class Meta:
        verbose_name = "entrée du journal"
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=["subject", "-at"], name="audit_subject"),
            models.Index(fields=["-at"], name="audit_at"),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.subject}"
