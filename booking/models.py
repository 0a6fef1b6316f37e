"""The town's catalogue, the days on which its activities are held, and the bookings with their proofs.

`JournalEntry`, `Receipt` and `PeriodChoice` are written once: the database refuses to change them.
"""

import uuid
from datetime import date, datetime
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from booking.rules import deadlines
from lps.journal.channels import Channel


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
    deadline = models.JSONField(
        "date limite, si ce n'est celle du groupe", null=True, blank=True, validators=[validate_deadline]
    )

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


class SchoolVacation(models.Model):
    """School holidays of the town's zone, both days included."""

    name = models.CharField("nom", max_length=60)
    first_day = models.DateField("premier jour")
    last_day = models.DateField("dernier jour")
    is_summer = models.BooleanField("grandes vacances", default=False)

    class Meta:
        verbose_name = "vacances scolaires"
        ordering = ("first_day",)
        constraints = (
            models.UniqueConstraint(fields=("first_day",), name="school_vacation_once"),
            models.CheckConstraint(condition=Q(last_day__gte=models.F("first_day")), name="school_vacation_days"),
        )

    def __str__(self) -> str:
        return self.name


class PublicHoliday(models.Model):
    """A public holiday (jour férié) where the town is."""

    day = models.DateField("jour")
    name = models.CharField("nom", max_length=60)

    class Meta:
        verbose_name = "jour férié"
        ordering = ("day",)
        constraints = (models.UniqueConstraint(fields=("day",), name="public_holiday_once"),)

    def __str__(self) -> str:
        return self.name


class Closure(models.Model):
    """Days on which nothing is held (fermeture), everywhere or at one site, for all activities or for one."""

    first_day = models.DateField("premier jour")
    last_day = models.DateField("dernier jour")
    reason = models.CharField("motif, tel que les familles le lisent", max_length=100)
    site = models.ForeignKey("families.Site", models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="closures", null=True, blank=True)

    class Meta:
        verbose_name = "fermeture"
        ordering = ("first_day", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")),
                name="closure_days",
                violation_error_message="La fermeture finit avant de commencer.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reason} {self.first_day}"


class ServiceDay(models.Model):
    """An activity held at a site on a day (jour d'ouverture); `places` None means no limit.

    One set by hand is left alone when the days are made again from the patterns.
    """

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="service_days", db_index=False)
    site = models.ForeignKey("families.Site", models.PROTECT, related_name="+", db_index=False)
    day = models.DateField("jour")
    open = models.BooleanField("ouvert", default=True)
    places = models.PositiveIntegerField("places", null=True, blank=True)
    by_hand = models.BooleanField("fixé à la main", default=False)

    class Meta:
        verbose_name = "jour d'ouverture"
        ordering = ("day", "activity", "pk")
        constraints = (models.UniqueConstraint(fields=("site", "day", "activity"), name="service_day_once"),)
        indexes = (models.Index(fields=("activity", "day"), name="service_day_activity"),)

    def __str__(self) -> str:
        return f"{self.activity_id} le {self.day}"


class Receipt(models.Model):
    """The proof of a save (reçu): `R-2026-000123`. A save that changes nothing makes none.

    One sequence per commune, never reset; a number drawn by a save that failed is not drawn again.
    """

    jeton = models.UUIDField("jeton du formulaire", default=uuid.uuid4)
    year = models.PositiveSmallIntegerField("année")
    received_at = models.DateTimeField("reçu le")
    channel = models.CharField("canal", max_length=10, choices=Channel)
    author = models.CharField("auteur", max_length=120)
    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+", db_index=False)
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+", db_index=False)
    refused = models.JSONField("demandes refusées", default=list)

    class Meta:
        verbose_name = "reçu"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("jeton",),
                name="receipt_jeton_once",
                violation_error_message="Ce formulaire est déjà enregistré.",
            ),
        )
        indexes = (models.Index(fields=("household", "-id"), name="receipt_household"),)

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What the parent quotes."""
        return f"R-{self.year:04}-{self.pk:06}"


class JournalEntry(models.Model):
    """One change of one day (journal des modifications): what stood before, what stands after."""

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="entries")
    at = models.DateTimeField("date")
    channel = models.CharField("canal", max_length=10, choices=Channel)
    author = models.CharField("auteur", max_length=120)
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+", db_index=False)
    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+", db_index=False)
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="+", db_index=False)
    activity_name = models.CharField("activité, telle que nommée alors", max_length=80)
    day = models.DateField("jour")
    before = models.BooleanField("réservé avant")
    after = models.BooleanField("réservé après")

    class Meta:
        verbose_name = "modification"
        ordering = ("-pk",)
        indexes = (models.Index(fields=("child", "-id"), name="journal_entry_child"),)

    def __str__(self) -> str:
        return f"{'réservation' if self.after else 'annulation'} {self.activity_name} {self.day}"


class DayRow(Protocol):
    """A service day, as a model or as a row."""

    @property
    def pk(self) -> int: ...
    @property
    def activity_id(self) -> int: ...
    @property
    def day(self) -> date: ...


class BookingQuerySet(models.QuerySet["Booking"]):
    def standing(self) -> "BookingQuerySet":
        """Not canceled."""
        return self.filter(canceled_at__isnull=True)


class Booking(models.Model):
    """A child expected at an activity on a day (réservation), asked by one household; a canceled one stays."""

    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+", db_index=False)
    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+", db_index=False)
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="+", db_index=False)
    service_day = models.ForeignKey(ServiceDay, models.PROTECT, related_name="bookings", db_index=False)
    day = models.DateField("jour")
    booked_at = models.DateTimeField("réservée le")
    canceled_at = models.DateTimeField("annulée le", null=True, blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = "réservation"
        ordering = ("day", "activity", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("child", "day", "activity"),
                condition=Q(canceled_at__isnull=True),
                name="booking_once",
                violation_error_message="Cet enfant est déjà réservé ce jour-là.",
            ),
        )
        indexes = (
            models.Index(fields=("service_day",), condition=Q(canceled_at__isnull=True), name="booking_service_day"),
        )

    def __str__(self) -> str:
        return f"{self.child_id} {self.activity_id} {self.day}"

    @staticmethod
    def of(*, child_id: int, household_id: int, service_day: "DayRow", booked_at: datetime) -> "Booking":
        """A booking of that service day, not yet saved."""
        return Booking(
            child_id=child_id,
            household_id=household_id,
            activity_id=service_day.activity_id,
            service_day_id=service_day.pk,
            day=service_day.day,
            booked_at=booked_at,
        )


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

    `chosen` lists `{"activity": 3, "name": "Accueil Matin", "weekdays": [0, 3]}`, Monday being 0; `skipped` lists the
    chosen days on which nothing is held, `{"activity": 3, "day": "2014-11-11", "why": "Armistice 1918"}`.
    """

    period = models.ForeignKey(Period, models.PROTECT, related_name="choices")
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+", db_index=False)
    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+", db_index=False)
    receipt = models.OneToOneField(Receipt, models.PROTECT, related_name="period_choice")
    chosen = models.JSONField("jours choisis")
    skipped = models.JSONField("jours sans service", default=list)

    class Meta:
        verbose_name = "choix d'une période"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("child", "household", "period"),
                name="period_choice_once",
                violation_error_message="Cette période est déjà validée pour cet enfant.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.period_id} {self.child_id}"
