"""Forms of the counter: what they offer and what they say comes in the order that a clerk reads."""

from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange

from lps.families.forms.counter import MoveForm, NewFamilyForm
from lps.families.models import SchoolClass, SchoolYear, Site


def test_mistakes_of_a_new_family_are_told_from_the_top_of_the_page() -> None:
    form = NewFamilyForm({"birth_date": "hier"}, today=date(2026, 10, 1), classes=[], must_sit=True)

    assert list(form.errors) == ["last_name", "first_name", "birth_date", "school_class", "guardian_first_name"]


def test_classes_are_offered_by_level_under_their_school() -> None:
    year = SchoolYear(pk=1, name="2026-2027", during=DateRange(date(2026, 9, 1), date(2027, 9, 1)))
    schools = [Site(pk=1, name="Larousse"), Site(pk=2, name="Picasso")]
    levels = ["PS", "CP", "CE1"]
    classes = [
        SchoolClass(pk=site.pk * 10 + rank, site=site, school_year=year, name=level)
        for site in reversed(schools)
        for rank, level in enumerate(levels)
    ]

    offered = MoveForm(classes=classes).fields["school_class"].choices[1:]

    assert [name for name, _classes in offered] == ["Larousse", "Picasso"]
    assert [[label[:3].strip() for _key, label in some] for _name, some in offered] == [levels, levels]
