"""The town's catalogue, the days on which its activities are held, and the bookings with their proofs.

`JournalEntry`, `Receipt`, `PeriodChoice` and `PeriodReopening` are written once: the database refuses to change them.
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


class SchoolVacation(models.Model):
    """School holidays of the town's zone, both days included."""

    name = models.CharField("nom", max_length=60)
    first_day = models.DateField("premier jour")
    last_day = models.DateField("dernier jour")
    is_summer = models.BooleanField("grandes vacances", default=False)
    # Its first day in the national calendar, once an agent has corrected it: None for one that stands as published.
    published_day = models.DateField("premier jour du calendrier national", null=True, blank=True, editable=False)
    is_local = models.BooleanField("saisies par la commune", default=False, db_default=False, editable=False)

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
    is_local = models.BooleanField("saisi par la commune", default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = "jour férié"
        ordering = ("day",)
        constraints = (models.UniqueConstraint(fields=("day",), name="public_holiday_once"),)

    def __str__(self) -> str:
        return self.name


class Closure(models.Model):
    """Days on which nothing is held (fermeture): everywhere, at one site or for one class; all activities or one.

    An undone one explains nothing any more, and stays for the record.
    """

    first_day = models.DateField("premier jour")
    last_day = models.DateField("dernier jour")
    reason = models.CharField("motif, tel que les familles le lisent", max_length=100)
    site = models.ForeignKey("families.Site", models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    school_class = models.ForeignKey(
        "families.SchoolClass", models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="closures", null=True, blank=True)
    # The service days that it closed: undoing it opens these and no others.
    closed_days = models.JSONField("jours fermés", default=list, editable=False)
    # What undoing it did not put back: `{"booking": 12, "why": "full", "waits": true}`.
    left_out = models.JSONField("réservations non remises", default=list, db_default=[], editable=False)
    applied_by = models.CharField("par", max_length=120, blank=True)
    applied_at = models.DateTimeField("faite le", null=True, blank=True)
    undone_at = models.DateTimeField("annulée le", null=True, blank=True)

    class Meta:
        verbose_name = "fermeture"
        ordering = ("first_day", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")),
                name="closure_days",
                violation_error_message="La fermeture finit avant de commencer.",
            ),
            models.CheckConstraint(
                condition=Q(site__isnull=True) | Q(school_class__isnull=True),
                name="closure_site_or_class",
                violation_error_message="Choisissez une école ou une classe, pas les deux.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reason} {self.first_day}"

    def covers(self, day: date, *, site_id: int, school_class_id: int | None, activity_id: int) -> bool:
        """Whether it closes this activity on that day for a child of this school and class."""
        return (
            self.first_day <= day <= self.last_day
            and self.site_id in (None, site_id)
            and self.school_class_id in (None, school_class_id)
            and self.activity_id in (None, activity_id)
        )


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
    reason = models.CharField("motif, dit par l'agent", max_length=200, blank=True)
    # The rules that the agent passed over, by their codes: ["too_late"].
    passed_over = models.JSONField("règles outrepassées", default=list)

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
    # Canceled by the town, not by the family: nothing is charged.
    closure = models.ForeignKey(Closure, models.PROTECT, related_name="canceled", null=True, blank=True)

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


class WaitingEntry(models.Model):
    """A child who waits for a place of a full day (liste d'attente).

    While one waits, a freed place goes by offers alone: `offered` until `accept_by`, then the next is asked. An open
    offer holds a place. The order is that of `priority` (smaller first), then of joining.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "en attente"
        OFFERED = "offered", "place proposée"
        BOOKED = "booked", "place acceptée"
        EXPIRED = "expired", "place non acceptée à temps"
        LEFT = "left", "a quitté la liste"
        CLOSED = "closed", "liste close"

    OPEN = (State.WAITING, State.OFFERED)

    service_day = models.ForeignKey(ServiceDay, models.PROTECT, related_name="waiting")
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+", db_index=False)
    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+", db_index=False)
    joined_at = models.DateTimeField("inscrit le")
    priority = models.PositiveSmallIntegerField("priorité", default=100)
    state = models.CharField("état", max_length=8, choices=State, default=State.WAITING)
    offered_at = models.DateTimeField("proposée le", null=True, blank=True)
    accept_by = models.DateTimeField("à accepter avant le", null=True, blank=True)
    ended_at = models.DateTimeField("sortie le", null=True, blank=True)

    class Meta:
        verbose_name = "inscription en liste d'attente"
        verbose_name_plural = "inscriptions en liste d'attente"
        ordering = ("service_day", "priority", "joined_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("child", "service_day"),
                condition=Q(state__in=("waiting", "offered")),
                name="waiting_once",
                violation_error_message="Cet enfant est déjà sur cette liste d'attente.",
            ),
            models.CheckConstraint(
                condition=~Q(state="offered") | Q(offered_at__isnull=False, accept_by__isnull=False),
                name="waiting_offer_has_dates",
            ),
        )
        indexes = (
            models.Index(
                fields=("service_day", "priority", "joined_at"),
                condition=Q(state__in=("waiting", "offered")),
                name="waiting_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.child_id} {self.service_day_id} {self.state}"


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
