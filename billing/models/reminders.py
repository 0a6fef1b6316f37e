"""Reminders of unpaid invoices (relances)."""

from django.core.validators import MinValueValidator
from django.db import models


class ReminderLevel(models.Model):
    """A step of the town's reminders: how long after the due date, by what way, in which words."""

    class Way(models.TextChoices):
        EMAIL = "email", "courriel"
        LETTER = "letter", "courrier"

    rank = models.PositiveSmallIntegerField("rang", validators=[MinValueValidator(1)])
    days_after = models.PositiveSmallIntegerField("jours après l'échéance")
    way = models.CharField("envoi", max_length=6, choices=Way, default=Way.EMAIL)
    title = models.CharField("titre", max_length=120)
    words = models.TextField("texte", max_length=3000)

    class Meta:
        verbose_name = "niveau de relance"
        verbose_name_plural = "niveaux de relance"
        ordering = ("rank",)
        constraints = (models.UniqueConstraint(fields=("rank",), name="reminder_level_once"),)

    def __str__(self) -> str:
        return f"{self.rank} {self.title}"


class ReminderSending(models.Model):
    """Reminders sent at once: e-mails in the outbox, letters in one file that a worker draws."""

    class State(models.TextChoices):
        ASKED = "asked", "à imprimer"
        DRAWING = "drawing", "en cours"
        DONE = "done", "prêt"
        FAILED = "failed", "échec"

    sent_at = models.DateTimeField("envoyées le")
    sent_by = models.CharField("par", max_length=120)
    emails = models.PositiveIntegerField("familles par courriel", default=0)
    letters = models.PositiveIntegerField("familles par courrier", default=0)
    state = models.CharField("état des lettres", max_length=7, choices=State, default=State.ASKED)
    tries = models.PositiveSmallIntegerField("essais", default=0, db_default=0)
    path = models.CharField("fichier des lettres", max_length=200, blank=True)
    finished_at = models.DateTimeField("lettres prêtes le", null=True, blank=True)

    class Meta:
        verbose_name = "envoi de relances"
        verbose_name_plural = "envois de relances"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.sent_at:%Y-%m-%d} {self.emails} {self.letters}"

    @property
    def waits(self) -> bool:
        """Whether a worker is still to draw its letters."""
        return bool(self.letters) and self.state in (self.State.ASKED, self.State.DRAWING)


class Reminder(models.Model):
    """That a household was reminded of an invoice at a level: once."""

    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="reminders")
    sending = models.ForeignKey(ReminderSending, models.PROTECT, related_name="reminders", null=True, blank=True)
    rank = models.PositiveSmallIntegerField("niveau")
    way = models.CharField("envoi", max_length=6, choices=ReminderLevel.Way)
    left = models.DecimalField("reste à payer alors", max_digits=10, decimal_places=2)
    sent_at = models.DateTimeField("envoyée le")
    sent_by = models.CharField("par", max_length=120)

    class Meta:
        verbose_name = "relance"
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("invoice", "rank"), name="reminder_once_a_level"),)

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.rank}"
