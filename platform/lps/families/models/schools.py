"""Schools and other places, their classes year after year."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q


class SchoolYear(models.Model):
    """A school year (année scolaire); two never overlap."""

    name = models.CharField("nom", max_length=20)
    during = DateRangeField("du … au …")

    class Meta:
        verbose_name = "année scolaire"
        ordering = ("during",)
        constraints = (
            ExclusionConstraint(
                name="school_year_no_overlap",
                expressions=[("during", RangeOperators.OVERLAPS)],
                violation_error_message="Ces deux années scolaires se chevauchent.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A school or another place where activities are held (lieu)."""

    name = models.CharField("nom", max_length=100)
    is_school = models.BooleanField("école", default=True)

    class Meta:
        verbose_name = "lieu"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("name",), name="site_name_once", violation_error_message="Ce lieu existe déjà."
            ),
        )

    def __str__(self) -> str:
        return self.name


class Teacher(models.Model):
    """A teacher (enseignant), as parents name them: "Mme Formatrice"."""

    title = models.CharField("civilité", max_length=10)
    last_name = models.CharField("nom", max_length=80)

    class Meta:
        verbose_name = "enseignant"
        ordering = ("last_name", "pk")

    def __str__(self) -> str:
        return f"{self.title} {self.last_name}"


class SchoolClass(models.Model):
    """A class of one school and one year."""

    name = models.CharField("nom", max_length=40)
    level = models.CharField("niveau", max_length=10)
    site = models.ForeignKey(Site, models.PROTECT, related_name="classes")
    school_year = models.ForeignKey(SchoolYear, models.PROTECT, related_name="classes")
    teacher = models.ForeignKey(Teacher, models.SET_NULL, null=True, blank=True, related_name="classes")

    class Meta:
        verbose_name = "classe"
        ordering = ("school_year", "site", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("school_year", "site", "name"),
                name="school_class_once",
                violation_error_message="Cette classe existe déjà cette année-là.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} - {self.teacher}" if self.teacher else self.name


class Rollover(models.Model):
    """A passage to the next school year: prepared, then applied in one go, and undone as long as nothing depends on it.

    `plan` keeps what was decided: `{"levels": {"CP": "CE1", "CM2": ""}, "classes": {"12": 34, "13": null},
    "children": {"45": 0}}`, 0 for those who leave. `before` keeps what was cut short: `{"enrollments": {"12":
    "2027-09-01" or null}, "custodies": {…}}`, the ends that stood before, `"made": {"45": 34}` and
    `"left": [46]`, who got which class and who left, and `"followed"`, what other apps did then.
    """

    school_year = models.ForeignKey(SchoolYear, models.PROTECT, related_name="+")
    day = models.DateField("à partir du")
    plan = models.JSONField("ce qui est décidé", default=dict)
    applied_at = models.DateTimeField("fait le", null=True, blank=True)
    applied_by = models.CharField("par", max_length=120, blank=True)
    undone_at = models.DateTimeField("annulé le", null=True, blank=True)
    before = models.JSONField("ce qui a été raccourci", default=dict)

    class Meta:
        verbose_name = "passage d'année"
        verbose_name_plural = "passages d'année"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("school_year",),
                condition=Q(undone_at__isnull=True),
                name="rollover_once_a_year",
                violation_error_message="Le passage à cette année scolaire est déjà fait.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school_year_id}"
