"""Who comes: bookings, the receipt of each save, and what changed."""

import uuid
from datetime import date, datetime
from typing import Protocol

from django.db import models
from django.db.models import Q

from booking.models.calendar import Closure, ServiceDay
from booking.models.catalogue import Activity
from lps.journal.channels import Channel


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
