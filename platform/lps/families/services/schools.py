"""Schools, classes and years, as the town enters them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from lps.families.models import SchoolClass, SchoolYear, Site, Teacher


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClass:
    """A class to be made, with its teacher: "CE1", "Mme", "Formatrice"."""

    name: str
    level: str
    school: str
    teacher_title: str
    teacher_name: str


def open_school_year(*, first_day: date, last_day: date) -> SchoolYear:
    """Open a school year, both days included."""
    return SchoolYear.objects.create(
        name=f"{first_day.year}-{last_day.year}", during=DateRange(first_day, last_day, "[]")
    )


def add_classes(classes: Sequence[NewClass], *, school_year: SchoolYear) -> list[SchoolClass]:
    """Make classes with their teachers, and their schools where absent: four statements."""
    with transaction.atomic():
        Site.objects.bulk_create(
            [Site(name=name) for name in dict.fromkeys(new.school for new in classes)], ignore_conflicts=True
        )
        schools = {site.name: site for site in Site.objects.all()}
        teachers = Teacher.objects.bulk_create(
            Teacher(title=new.teacher_title, last_name=new.teacher_name) for new in classes
        )
        return SchoolClass.objects.bulk_create(
            SchoolClass(
                name=new.name, level=new.level, site=schools[new.school], school_year=school_year, teacher=teacher
            )
            for new, teacher in zip(classes, teachers, strict=True)
        )
