"""Who came: the roll call, and absences that families announce."""

from django.db import models
from django.db.models import Q

from booking.models.calendar import ServiceDay
from booking.models.catalogue import Activity
from lps.journal.channels import Channel


class Attendance(models.Model):
    """What was seen at the roll call (pointage) of a child on a service day: one row, the last word said."""

    class State(models.TextChoices):
        PRESENT = "present", "présent"
        ABSENT = "absent", "absent"
        EXCUSED = "excused", "absence justifiée"

    service_day = models.ForeignKey(ServiceDay, models.PROTECT, related_name="attendances")
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+")
    state = models.CharField("état", max_length=7, choices=State)
    # Present though nobody booked (présent non réservé): billing asks.
    unbooked = models.BooleanField("non réservé", default=False)
    arrived_at = models.DateTimeField("arrivé à", null=True, blank=True)
    left_at = models.DateTimeField("parti à", null=True, blank=True)
    noted_at = models.DateTimeField("noté le")
    noted_by = models.CharField("par", max_length=120)

    class Meta:
        verbose_name = "pointage"
        ordering = ("service_day", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("service_day", "child"),
                name="attendance_once",
                violation_error_message="Cet enfant est déjà pointé.",
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(arrived_at__isnull=True) | Q(left_at__gte=models.F("arrived_at")),
                name="attendance_leaves_after_coming",
                violation_error_message="L'enfant est parti avant d'arriver.",
            ),
            models.CheckConstraint(
                condition=Q(state="present") | Q(arrived_at__isnull=True, left_at__isnull=True),
                name="attendance_hours_of_the_present",
                violation_error_message="Un enfant absent n'a pas d'heure d'arrivée.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.child_id} {self.service_day_id} {self.state}"


class Absence(models.Model):
    """An absence declared by a family or noted by an agent, with its document; an agent accepts or refuses it."""

    class State(models.TextChoices):
        DECLARED = "declared", "à examiner"
        ACCEPTED = "accepted", "acceptée"
        REFUSED = "refused", "refusée"
        WITHDRAWN = "withdrawn", "retirée"

    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+")
    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+")
    first_day = models.DateField("premier jour")
    last_day = models.DateField("dernier jour")
    activities = models.ManyToManyField(
        Activity, related_name="+", verbose_name="activités, toutes si aucune", blank=True
    )
    reason = models.CharField("motif", max_length=200)
    document = models.CharField("justificatif", max_length=200, blank=True)
    declared_at = models.DateTimeField("déclarée le")
    channel = models.CharField("canal", max_length=10, choices=Channel)
    state = models.CharField("état", max_length=9, choices=State, default=State.DECLARED)
    answered_at = models.DateTimeField("examinée le", null=True, blank=True)
    answered_by = models.CharField("par", max_length=120, blank=True)
    answer = models.CharField("réponse", max_length=200, blank=True)

    class Meta:
        verbose_name = "absence"
        ordering = ("-first_day", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")),
                name="absence_days",
                violation_error_message="L'absence finit avant de commencer.",
            ),
            models.CheckConstraint(
                condition=Q(state="declared") | Q(answered_at__isnull=False), name="absence_answered_has_date"
            ),
        )
        indexes = (models.Index(fields=("state", "declared_at"), name="absence_to_answer"),)

    def __str__(self) -> str:
        return f"{self.child_id} {self.first_day} {self.state}"

    @property
    def number(self) -> str:
        """What the family quotes."""
        return f"A-{self.pk:06}"
