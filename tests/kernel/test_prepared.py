"""A prepared read is its queryset: the same rows and models, in whichever commune it runs."""

from datetime import date

import pytest
from django.contrib.postgres.fields import DateRangeField
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext

from lps.families.models import Child, Custody, Enrollment
from lps.kernel.prepared import Prepared, any_of, given
from tenants import context
from tenants.models import Commune

SOME_DAYS = DateRange(date(2014, 9, 1), date(2030, 1, 1))


def enrollments() -> Prepared[Enrollment]:
    return Prepared(
        lambda: (
            Enrollment.objects.filter(child=any_of("children"), valid_during__overlap=given("during", DateRangeField()))
            .select_related("school_class__site", "school_class__teacher")
            .order_by("pk")
        )
    )


def test_models_are_those_of_the_queryset_with_those_selected_along(in_buchelay: Commune) -> None:
    children = list(Child.objects.order_by("pk").values_list("pk", flat=True)[:40])
    expected = Enrollment.objects.filter(child__in=children, valid_during__overlap=SOME_DAYS).order_by("pk")

    with CaptureQueriesContext(connection) as captured:
        found = enrollments().instances(children=children, during=SOME_DAYS)
        shown = [(one.pk, one.school_class.site.name, one.school_class.teacher) for one in found]

    assert len(captured) == 1
    assert len(found) > 10
    assert shown == [(one.pk, one.school_class.site.name, one.school_class.teacher) for one in expected]
    assert {(one._state.adding, one._state.db) for one in found} == {(False, "default")}


def test_a_reference_to_nobody_is_none(in_demo: Commune) -> None:
    Enrollment.objects.get(child__first_name="Angéline").school_class.__class__.objects.update(teacher=None)
    angeline = Child.objects.get(first_name="Angéline")

    [found] = enrollments().instances(children=[angeline.pk], during=SOME_DAYS)

    assert found.school_class.teacher is None


def test_rows_pass_through_the_fields_as_in_a_queryset(in_buchelay: Commune) -> None:
    expected = list(Custody.objects.order_by("pk").values_list("pk", "valid_during"))
    prepared = Prepared(
        lambda: Custody.objects.filter(pk=any_of("pks")).order_by("pk").values_list("pk", "valid_during")
    )

    found = prepared.rows(pks=[pk for pk, _during in expected])

    assert [tuple(row) for row in found] == expected


def test_each_commune_gives_its_own(demo: Commune, buchelay: Commune) -> None:
    prepared = Prepared(lambda: Child.objects.filter(pk=any_of("pks")).order_by("pk"))
    for commune in (demo, buchelay, demo):
        with context.use(commune):
            own = list(Child.objects.order_by("pk")[:3])
            found = prepared.instances(pks=[child.pk for child in own])

            assert [(child.pk, child.last_name) for child in found] == [(child.pk, child.last_name) for child in own]


def test_a_value_is_never_part_of_the_text(in_demo: Commune) -> None:
    prepared = Prepared(lambda: Child.objects.filter(last_name=given("name")))

    assert prepared.instances(name="' OR ''='") == []
    assert [child.last_name for child in prepared.instances(name=Child.objects.all()[:1].get().last_name)]


def test_nothing_that_was_read_is_kept(in_demo: Commune) -> None:
    prepared = Prepared(lambda: Child.objects.filter(first_name=given("name")))
    [before] = prepared.instances(name="Angéline")
    Child.objects.filter(pk=before.pk).update(last_name="AUTRE")

    [after] = prepared.instances(name="Angéline")

    assert after.last_name == "AUTRE"


def test_a_missing_value_is_told(in_demo: Commune) -> None:
    with pytest.raises(KeyError, match="name"):
        Prepared(lambda: Child.objects.filter(first_name=given("name"))).rows()
