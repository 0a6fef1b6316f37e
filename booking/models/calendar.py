"""When it is held: holidays, closures, and each day of each activity with its places."""

from datetime import date

from django.db import models
from django.db.models import Q

from booking.models.catalogue import Activity


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
