"""What a town offers: activities in groups, whom they are for, which go together or exclude each other."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from booking.rules import deadlines


def validate_deadline(written: Any) -> None:
    """A stored deadline rule can be read back."""
    try:
        deadlines.from_json(written)
    except deadlines.InvalidRule as error:
        raise ValidationError("Cette règle de date limite est illisible : %(why)s", params={"why": error}) from error


class Season(models.TextChoices):
    """In which part of the year an activity is held."""

    TERM = "term", "temps scolaire"
    SHORT_VACATION = "short_vacation", "petites vacances"
    SUMMER = "summer", "grandes vacances"


class ActivityGroup(models.Model):
    """A group of activities with one deadline rule (groupe)."""

    name = models.CharField("nom", max_length=80)
    slug = models.SlugField("nom dans l'adresse", max_length=80, db_index=False)
    order = models.PositiveSmallIntegerField("ordre", default=0)
    deadline = models.JSONField("date limite", validators=[validate_deadline])

    class Meta:
        verbose_name = "groupe d'activités"
        ordering = ("order", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("slug",), name="activity_group_once", violation_error_message="Ce groupe existe déjà."
            ),
        )

    def __str__(self) -> str:
        return self.name


class Activity(models.Model):
    """An activity that parents book (activité): when it is held and how many places a day has."""

    group = models.ForeignKey(ActivityGroup, models.PROTECT, related_name="activities")
    name = models.CharField("nom", max_length=80)
    order = models.PositiveSmallIntegerField("ordre", default=0)
    season = models.CharField("période de l'année", max_length=14, choices=Season, default=Season.TERM)
    weekdays = models.JSONField("jours d'ouverture, 0 pour lundi", default=list)
    places = models.PositiveIntegerField("places par jour", null=True, blank=True)
    is_meal = models.BooleanField("repas à préparer", default=False)
    deadline = models.JSONField(
        "date limite, si ce n'est celle du groupe", null=True, blank=True, validators=[validate_deadline]
    )
    # No longer offered: no day of it opens any more, and what was booked stays.
    retired_at = models.DateTimeField("retirée le", null=True, blank=True)

    class Meta:
        verbose_name = "activité"
        ordering = ("group", "order", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("group", "name"),
                name="activity_once_in_group",
                violation_error_message="Cette activité existe déjà dans ce groupe.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Entitlement(models.Model):
    """Who may book an activity (droit d'accès): a child who meets every criterion given of one row.

    An activity without any row is open to all. Ages are in completed years, on the day booked, both included.
    """

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="entitlements")
    site = models.ForeignKey("families.Site", models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    level = models.CharField("niveau", max_length=10, blank=True)
    youngest = models.PositiveSmallIntegerField("âge minimal", null=True, blank=True)
    oldest = models.PositiveSmallIntegerField("âge maximal", null=True, blank=True)

    class Meta:
        verbose_name = "droit d'accès"
        verbose_name_plural = "droits d'accès"
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(site__isnull=False) | ~Q(level="") | Q(youngest__isnull=False) | Q(oldest__isnull=False),
                name="entitlement_says_something",
                violation_error_message="Ce droit n'a aucun critère : donnez une école, un niveau ou un âge.",
            ),
            models.CheckConstraint(
                condition=Q(youngest__isnull=True) | Q(oldest__isnull=True) | Q(oldest__gte=models.F("youngest")),
                name="entitlement_ages_in_order",
                violation_error_message="L'âge maximal est plus petit que l'âge minimal.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.activity_id} : {self.site_id or '*'} {self.level or '*'} {self.youngest}-{self.oldest}"


class ActivityTie(models.Model):
    """What two activities of one day ask of one another: never both, or never one without the other."""

    class Kind(models.TextChoices):
        INCOMPATIBLE = "incompatible", "jamais ensemble"
        TOGETHER = "together", "toujours ensemble"

    kind = models.CharField("lien", max_length=12, choices=Kind)
    first = models.ForeignKey(Activity, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Activity, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        verbose_name = "lien entre activités"
        verbose_name_plural = "liens entre activités"
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="activity_tie_in_order"),
            models.UniqueConstraint(
                fields=("first", "second"),
                name="activity_tie_once",
                violation_error_message="Ces deux activités sont déjà liées.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.first_id} {self.kind} {self.second_id}"
