"""Children: in whose custody, in which class, whom to call, what to know."""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from lps.families import codes
from lps.families.models.households import Household
from lps.families.models.schools import SchoolClass
from lps.kernel.text import sort_key
from tenants import keys

HEALTH_PURPOSE = "health"


class Diet(models.Model):
    """What a child does not eat (régime), as a fact about food: "sans porc". Never a religion (CNIL, NS-058)."""

    name = models.CharField("nom", max_length=40)
    order = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "régime alimentaire"
        verbose_name_plural = "régimes alimentaires"
        ordering = ("order", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("name",), name="diet_once", violation_error_message="Ce régime existe déjà."
            ),
        )

    def __str__(self) -> str:
        return self.name


class Child(models.Model):
    """A child, with a code of its own beside the family's."""

    first_name = models.CharField("prénom", max_length=60)
    last_name = models.CharField("nom", max_length=80)
    name_sort = models.CharField(max_length=140, editable=False)
    birth_date = models.DateField("né le", null=True, blank=True)
    diets = models.ManyToManyField(Diet, related_name="+", verbose_name="régimes", blank=True)
    # Personal data are taken away, the row stays for the bookings that refer to it.
    anonymized_at = models.DateTimeField("anonymisé le", null=True, blank=True, editable=False)
    code = models.TextField("code enfant, chiffré", blank=True)
    code_lookup = models.CharField("empreinte du code enfant", max_length=32)

    class Meta:
        verbose_name = "enfant"
        ordering = ("name_sort", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("code_lookup",),
                name="child_code_once",
                violation_error_message="Ce code enfant est déjà attribué.",
            ),
        )
        indexes = (GinIndex(fields=("name_sort",), opclasses=("gin_trgm_ops",), name="child_name_like"),)

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_sort = sort_key(f"{self.last_name} {self.first_name}")
        super().save(*args, **kwargs)

    @property
    def child_code(self) -> str:
        """The code in clear, for the family's pages, the letters and the telephone."""
        return codes.reveal_child_code(self.code)


class Custody(models.Model):
    """A child belongs to a household during a time (garde): two households when parents live apart."""

    child = models.ForeignKey(Child, models.CASCADE, related_name="custodies")
    household = models.ForeignKey(Household, models.CASCADE, related_name="custodies")
    valid_during = DateRangeField("du … au …")

    class Meta:
        verbose_name = "garde"
        ordering = ("pk",)
        constraints = (
            ExclusionConstraint(
                name="custody_no_overlap",
                expressions=[
                    ("child", RangeOperators.EQUAL),
                    ("household", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="Cet enfant est déjà rattaché à cette famille pendant cette période.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.child_id} ∈ {self.household_id}"


class Enrollment(models.Model):
    """A child sits in a class during a time (inscription scolaire); in one class at a time."""

    child = models.ForeignKey(Child, models.CASCADE, related_name="enrollments")
    school_class = models.ForeignKey(SchoolClass, models.PROTECT, related_name="enrollments")
    valid_during = DateRangeField("du … au …")
    rollover = models.ForeignKey("families.Rollover", models.SET_NULL, null=True, blank=True, related_name="made")

    class Meta:
        verbose_name = "inscription scolaire"
        ordering = ("pk",)
        constraints = (
            ExclusionConstraint(
                name="enrollment_one_class",
                expressions=[("child", RangeOperators.EQUAL), ("valid_during", RangeOperators.OVERLAPS)],
                violation_error_message="Cet enfant est déjà dans une classe pendant cette période.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.child_id} → {self.school_class_id}"


class Contact(models.Model):
    """Somebody to call, or who may, or may not, fetch a child (personne autorisée)."""

    class Kind(models.TextChoices):
        AUTHORIZED = "authorized", "autorisée à venir chercher l'enfant"
        EMERGENCY = "emergency", "à prévenir en cas d'urgence"
        FORBIDDEN = "forbidden", "n'a pas le droit de venir chercher l'enfant"

    child = models.ForeignKey(Child, models.CASCADE, related_name="contacts")
    kind = models.CharField("sorte", max_length=10, choices=Kind)
    name = models.CharField("nom", max_length=120)
    relation = models.CharField("lien avec l'enfant", max_length=60, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)

    class Meta:
        verbose_name = "personne autorisée"
        verbose_name_plural = "personnes autorisées"
        ordering = ("child", "kind", "pk")

    def __str__(self) -> str:
        return self.name


class HealthNote(models.Model):
    """A health fact of a child (PAI, allergie), sealed: read by the roles that need it, each reading logged."""

    class Kind(models.TextChoices):
        PAI = "pai", "PAI"
        ALLERGY = "allergy", "allergie"
        OTHER = "other", "autre"

    child = models.ForeignKey(Child, models.CASCADE, related_name="health_notes")
    kind = models.CharField("sorte", max_length=7, choices=Kind)
    words = models.TextField("précisions, chiffrées")
    own_meal = models.BooleanField("panier repas", default=False)
    valid_until = models.DateField("valable jusqu'au", null=True, blank=True)

    class Meta:
        verbose_name = "information de santé"
        verbose_name_plural = "informations de santé"
        ordering = ("child", "pk")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.child_id}"

    @property
    def opened(self) -> str:
        """The words in clear; raises `tenants.keys.KeyLost` under another commune's key."""
        return keys.decrypt(self.words, purpose=HEALTH_PURPOSE)
