"""What an activity costs, by whom and when, and what a household has proved of itself."""

from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DecimalRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from billing.rules import facts


class HoldingTariffs(models.Manager["Tariff"]):
    """The versions that hold on some days. One that was wrong from its first day and invoiced is set aside: it holds on
    none, and only the lines that were issued with it still know it.
    """

    def get_queryset(self) -> models.QuerySet["Tariff"]:
        return super().get_queryset().filter(valid_during__isempty=False)


class Tariff(models.Model):
    """What an activity costs during a time (tarif): two of one activity never overlap, a new price is a new version.

    What was issued keeps the tariff it was computed with; a version that an invoice used is ended, never rewritten.
    """

    class Unit(models.TextChoices):
        BOOKING = facts.Unit.BOOKING, "à la fois"
        DAY = facts.Unit.DAY, "à la journée"
        HOUR = facts.Unit.HOUR, "à l'heure commencée"
        HALF_HOUR = facts.Unit.HALF_HOUR, "à la demi-heure commencée"
        MONTH = facts.Unit.MONTH, "forfait du mois"
        PERIOD = facts.Unit.PERIOD, "forfait de la période"

    class Basis(models.TextChoices):
        PRICES = facts.Basis.PRICES, "grille de prix"
        EFFORT = facts.Basis.EFFORT, "taux d'effort"

    class Counted(models.TextChoices):
        BOOKED = "booked", "ce qui est réservé, sauf absence justifiée"
        ATTENDED = "attended", "ce qui est pointé"

    activity = models.ForeignKey("booking.Activity", models.PROTECT, related_name="+")
    cash_office = models.ForeignKey("billing.CashOffice", models.PROTECT, related_name="tariffs")
    name = models.CharField("libellé sur la facture", max_length=80)
    valid_during = DateRangeField("du … au …")
    unit = models.CharField("compté", max_length=9, choices=Unit, default=Unit.BOOKING)
    basis = models.CharField("calcul", max_length=7, choices=Basis, default=Basis.PRICES)
    counted = models.CharField("facturer", max_length=8, choices=Counted, default=Counted.BOOKED)

    # Effort rate: quotient × rate, between a floor and a ceiling, by unit. Rates in percent.
    effort_rate = models.DecimalField("taux d'effort (%)", max_digits=7, decimal_places=4, null=True, blank=True)
    floor = models.DecimalField("prix plancher", max_digits=8, decimal_places=2, null=True, blank=True)
    ceiling = models.DecimalField("prix plafond", max_digits=8, decimal_places=2, null=True, blank=True)
    non_resident_extra = models.DecimalField(
        "supplément hors commune, par unité", max_digits=8, decimal_places=2, default=Decimal(0)
    )

    late_booking_extra = models.DecimalField(
        "supplément pour une réservation hors délai", max_digits=8, decimal_places=2, default=Decimal(0)
    )
    unbooked_extra = models.DecimalField(
        "supplément pour une présence non réservée", max_digits=8, decimal_places=2, default=Decimal(0)
    )
    starts_at = models.TimeField("début de la garde comptée", null=True, blank=True)
    pickup_at = models.TimeField("heure limite pour venir chercher l'enfant", null=True, blank=True)
    late_pickup_extra = models.DecimalField(
        "supplément par quart d'heure de retard commencé", max_digits=8, decimal_places=2, default=Decimal(0)
    )
    # What is charged of a booked time whose hours nobody noted, in units.
    default_units = models.PositiveSmallIntegerField("unités si les heures manquent", default=1)
    waiting_days = models.PositiveSmallIntegerField("jours de carence d'une absence justifiée", default=0)
    needs_certificate = models.BooleanField("absence déduite avec justificatif seulement", default=False)
    free_units = models.PositiveSmallIntegerField("unités offertes par enfant et par mois", default=0)
    made_at = models.DateTimeField("enregistré le")
    made_by = models.CharField("par", max_length=120)

    objects = HoldingTariffs()

    class Meta:
        verbose_name = "tarif"
        ordering = ("activity", "valid_during")
        constraints = (
            ExclusionConstraint(
                name="tariff_no_overlap",
                expressions=[("activity", RangeOperators.EQUAL), ("valid_during", RangeOperators.OVERLAPS)],
                violation_error_message="Cette activité a déjà un tarif pendant cette période.",
            ),
            models.CheckConstraint(
                condition=Q(basis="prices")
                | Q(
                    effort_rate__gt=0,
                    floor__gte=0,
                    ceiling__gte=models.F("floor"),
                    ceiling__isnull=False,
                ),
                name="tariff_effort_is_whole",
                violation_error_message="Un taux d'effort demande un taux, un plancher et un plafond.",
            ),
            models.CheckConstraint(
                condition=Q(
                    non_resident_extra__gte=0,
                    late_booking_extra__gte=0,
                    unbooked_extra__gte=0,
                    late_pickup_extra__gte=0,
                ),
                name="tariff_extras_positive",
                violation_error_message="Un supplément est positif ou nul.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.valid_during}"


class TariffPrice(models.Model):
    """A cell of a tariff's grid (tranche): the unit price for a range of quotients, by residence and sibling rank.

    `from_rank` 2 means: from the second child of the household on. For one tariff, residence and rank, the ranges
    cover every quotient from 0 without overlap (exclusion) and without hole (a deferred trigger).
    """

    tariff = models.ForeignKey(Tariff, models.CASCADE, related_name="prices")
    qf = DecimalRangeField("quotient familial")
    resident = models.BooleanField("habitant de la commune")
    from_rank = models.PositiveSmallIntegerField("à partir du … enfant", default=1)
    amount = models.DecimalField("prix", max_digits=8, decimal_places=2)

    class Meta:
        verbose_name = "tranche"
        ordering = ("tariff", "-resident", "from_rank", "qf")
        constraints = (
            ExclusionConstraint(
                name="tariff_price_no_overlap",
                expressions=[
                    ("tariff", RangeOperators.EQUAL),
                    ("resident", RangeOperators.EQUAL),
                    ("from_rank", RangeOperators.EQUAL),
                    ("qf", RangeOperators.OVERLAPS),
                ],
                violation_error_message="Deux tranches se chevauchent.",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="tariff_price_positive",
                violation_error_message="Un prix est positif ou nul.",
            ),
            models.CheckConstraint(condition=Q(from_rank__gte=1), name="tariff_price_rank"),
        )

    def __str__(self) -> str:
        return f"{self.tariff_id} {self.qf} {self.amount}"


class Quotient(models.Model):
    """The quotient familial of a household during a time, with its proof. Without one: the top bracket."""

    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+")
    value = models.DecimalField("quotient familial", max_digits=8, decimal_places=2)
    valid_during = DateRangeField("du … au …")
    proof = models.CharField("justificatif", max_length=200, blank=True)
    # Where the storage keeps it; "" for one that was only seen. See booking.documents.
    document = models.CharField("document", max_length=200, blank=True, default="", db_default="")
    noted_at = models.DateTimeField("noté le")
    noted_by = models.CharField("par", max_length=120)

    class Meta:
        verbose_name = "quotient familial"
        verbose_name_plural = "quotients familiaux"
        ordering = ("household", "-valid_during")
        constraints = (
            ExclusionConstraint(
                name="quotient_no_overlap",
                expressions=[("household", RangeOperators.EQUAL), ("valid_during", RangeOperators.OVERLAPS)],
                violation_error_message="Cette famille a déjà un quotient pendant cette période.",
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0),
                name="quotient_positive",
                violation_error_message="Un quotient est positif ou nul.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.household_id} {self.value}"


class HouseholdTerms(models.Model):
    """What an agent decided of a household for billing: resident or not whatever its address; None: by postal code."""

    household = models.OneToOneField("families.Household", models.PROTECT, related_name="+", primary_key=True)
    resident = models.BooleanField("habitant de la commune", null=True, blank=True)
    # The day on which the family was told that without proof it pays the top bracket.
    warned_at = models.DateTimeField("prévenue le", null=True, blank=True)

    class Meta:
        verbose_name = "conditions de la famille"
        verbose_name_plural = "conditions des familles"
        ordering = ("household",)

    def __str__(self) -> str:
        return f"{self.household_id} {self.resident}"
