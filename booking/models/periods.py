"""Périscotidien periods: offered, chosen by families, reopened for a child."""

from django.db import models
from django.db.models import Q

from booking.models.bookings import Receipt
from booking.models.catalogue import Activity


class Period(models.Model):
    """Days for which a parent chooses weekdays of some activities, once (période du périscotidien)."""

    first_day = models.DateField("premier jour")
    last_day = models.DateField("dernier jour")
    activities = models.ManyToManyField(Activity, related_name="periods", verbose_name="activités")
    opens_at = models.DateTimeField("à choisir à partir du", null=True, blank=True)
    closes_at = models.DateTimeField("à choisir avant le", null=True, blank=True)

    class Meta:
        verbose_name = "période"
        ordering = ("first_day", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")),
                name="period_days",
                violation_error_message="La période finit avant de commencer.",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(closes_at__gt=models.F("opens_at")),
                name="period_closes_after_opening",
                violation_error_message="La période se ferme avant de s'ouvrir.",
            ),
        )

    def __str__(self) -> str:
        return f"Période du {self.first_day:%d/%m/%Y} au {self.last_day:%d/%m/%Y}"


class PeriodChoice(models.Model):
    """What a household chose of a period for a child: written once, with the receipt that proves it.

    An agent may reopen it (`PeriodReopening`): it stays as it was written, and the next choice is of the next `round`.
    `chosen` lists `{"activity": 3, "name": "Accueil Matin", "weekdays": [0, 3]}`, Monday being 0; `skipped` lists the
    chosen days on which nothing is held, `{"activity": 3, "day": "2014-11-11", "why": "Armistice 1918"}`.
    """

    period = models.ForeignKey(Period, models.PROTECT, related_name="choices")
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+", db_index=False)
    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+", db_index=False)
    round = models.PositiveSmallIntegerField("tour", default=1, db_default=1)
    receipt = models.OneToOneField(Receipt, models.PROTECT, related_name="period_choice")
    chosen = models.JSONField("jours choisis")
    skipped = models.JSONField("jours sans service", default=list)

    class Meta:
        verbose_name = "choix d'une période"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("child", "household", "period", "round"),
                name="period_choice_once",
                violation_error_message="Cette période est déjà validée pour cet enfant.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.period_id} {self.child_id}"

    @property
    def reopened(self) -> "PeriodReopening | None":
        """That an agent reopened it, or None while it stands."""
        return getattr(self, "reopening", None)


class PeriodReopening(models.Model):
    """That an agent lets a household choose again for a child, and why: written once. Its bookings stay."""

    choice = models.OneToOneField(PeriodChoice, models.PROTECT, related_name="reopening")
    at = models.DateTimeField("rouverte le")
    by = models.CharField("par", max_length=120)
    reason = models.CharField("motif, tel que la famille le lit", max_length=200)

    class Meta:
        verbose_name = "réouverture d'une période"
        verbose_name_plural = "réouvertures de périodes"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.choice_id} {self.at}"
