"""Préinscription campaigns: asked, answered, decided."""

from django.db import models
from django.db.models import Q

from booking.models.catalogue import Activity
from lps.journal.channels import Channel


class Campaign(models.Model):
    """A préinscription campaign: for a school year or holidays, what families may ask for, and until when."""

    title = models.CharField("titre", max_length=120)
    words = models.TextField("texte pour les familles", max_length=5000, blank=True)
    first_day = models.DateField("pour les jours du")
    last_day = models.DateField("au")
    opens_at = models.DateTimeField("ouverte à partir du")
    closes_at = models.DateTimeField("close le")
    activities = models.ManyToManyField(Activity, related_name="+", verbose_name="activités")
    weekdays = models.JSONField("jours proposés, 0 pour lundi", default=list)
    # Whether the answers validated become weekly bookings, or entitlements alone.
    books = models.BooleanField("réserver les jours validés", default=False)
    # Whether, on the campaign's days, its activities are open to the children validated alone.
    reserves = models.BooleanField("activités ouvertes aux seuls enfants validés", default=False)
    created_at = models.DateTimeField("créée le")

    class Meta:
        verbose_name = "campagne de préinscription"
        verbose_name_plural = "campagnes de préinscription"
        ordering = ("-opens_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")),
                name="campaign_days",
                violation_error_message="La campagne porte sur des jours qui finissent avant de commencer.",
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=models.F("opens_at")),
                name="campaign_closes_after_opening",
                violation_error_message="La campagne se ferme avant de s'ouvrir.",
            ),
        )

    def __str__(self) -> str:
        return self.title


class PreRegistration(models.Model):
    """A family's answer for a child (préinscription): yes with its weekly table, or no; changeable until the end.

    `chosen` lists `{"activity": 3, "name": "Accueil Matin", "weekdays": [0, 1, 4]}`.
    """

    class State(models.TextChoices):
        ANSWERED = "answered", "à valider"
        VALIDATED = "validated", "validée"
        REFUSED = "refused", "refusée"

    class Booking(models.TextChoices):
        """Whether a worker still has to bring the bookings to what was decided."""

        NONE = "", "aucune"
        ASKED = "asked", "à faire"
        DONE = "done", "faites"

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="answers")
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+")
    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+", db_index=False)
    returns = models.BooleanField("se réinscrit")
    chosen = models.JSONField("jours demandés", default=list)
    number = models.CharField("reçu", max_length=20)
    version = models.PositiveSmallIntegerField("version", default=1)
    answered_at = models.DateTimeField("répondu le")
    channel = models.CharField("canal", max_length=10, choices=Channel)
    state = models.CharField("état", max_length=9, choices=State, default=State.ANSWERED)
    decided_at = models.DateTimeField("décidé le", null=True, blank=True)
    decided_by = models.CharField("par", max_length=120, blank=True)
    words = models.CharField("motif", max_length=200, blank=True)
    booking = models.CharField("réservations", max_length=5, choices=Booking, default=Booking.NONE, blank=True)
    booking_jeton = models.UUIDField("jeton des réservations", null=True, blank=True)
    # What the worker did: `{"receipts": [12], "booked": 70, "canceled": 0, "refused": [{"code": "full", …}], …}`.
    outcome = models.JSONField("ce qui a été réservé", default=dict, blank=True)

    class Meta:
        verbose_name = "préinscription"
        ordering = ("campaign", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("campaign", "child", "household"),
                name="pre_registration_once",
                violation_error_message="Cette famille a déjà répondu pour cet enfant.",
            ),
        )
        indexes = (models.Index(fields=("id",), condition=Q(booking="asked"), name="pre_registration_to_book"),)

    def __str__(self) -> str:
        return self.number


class Admission(models.Model):
    """A child may book an activity on some days by name, whatever its school, level or age (accès nominatif).

    Made when the town validates a préinscription, taken away when it decides otherwise.
    """

    answer = models.ForeignKey(PreRegistration, models.CASCADE, related_name="admissions")
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+", db_index=False)
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="+")
    first_day = models.DateField("du")
    last_day = models.DateField("au")

    class Meta:
        verbose_name = "accès nominatif"
        verbose_name_plural = "accès nominatifs"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("answer", "activity"), name="admission_once"),
            models.CheckConstraint(condition=Q(last_day__gte=models.F("first_day")), name="admission_days"),
        )
        indexes = (models.Index(fields=("child", "activity"), name="admission_child"),)

    def __str__(self) -> str:
        return f"{self.child_id} {self.activity_id}"
