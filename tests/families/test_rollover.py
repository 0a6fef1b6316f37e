"""The passage to the next school year: prepared in secret, applied in one go, undone exactly."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking import catalogue
from booking.models import Admission, Booking, Campaign, JournalEntry, PreRegistration, ServiceDay
from booking.rules.entitlements import Access
from booking.services.catalogue import entitle
from lps.families import passage
from lps.families.models import Child, Custody, Enrollment, Guardian, Rollover, SchoolClass, SchoolYear, Site
from lps.families.passage import Years
from lps.families.queries.children import child_of
from lps.families.queries.doors import custody_by_codes
from lps.families.rules.rollover import LEAVES, Fate
from lps.families.services import rollover
from lps.families.services.rollover import ClassWanted, RolloverRefused
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from tenants.models import Commune
from tests.families.factories import BY
from tests.sql import counted
from tests.zone import PARIS

YANIS = "48291573"


def today() -> date:
    return clock.today(PARIS)


def prepared(**rest: Any) -> Rollover:
    years = passage.years_at(today())
    assert years is not None
    first = years.leaving.during.upper
    last = first.replace(year=first.year + 1) - timedelta(days=1)
    return rollover.prepare(first_day=first, last_day=last, keep_teachers=True, today=today(), by=BY, **rest)


def everybody_placed() -> Rollover:
    """Those of whom nothing is proposed leave."""
    row = prepared()
    waiting = [line.school_class.pk for line in passage.read(row).lines if line.proposed is None]
    rollover.set_classes(row=row, targets=dict.fromkeys(waiting, LEAVES), by=BY)
    row.refresh_from_db()
    return row


def applied(row: Rollover) -> Rollover:
    return rollover.apply(row=row, by=BY, at=clock.now())


def standing() -> dict[str, list[Any]]:
    """All that a passage may change."""
    return {
        "seats": list(Enrollment.objects.order_by("pk").values_list("child", "school_class", "valid_during")),
        "custodies": list(Custody.objects.order_by("pk").values_list("pk", "valid_during")),
        "bookings": list(Booking.objects.order_by("pk").values_list("pk", "service_day", "canceled_at")),
        "children": list(Child.objects.order_by("pk").values_list("pk", "code_lookup", "name_sort")),
    }


def seat_of(child: Child, day: date) -> str | None:
    row = Enrollment.objects.filter(child=child, valid_during__contains=day).select_related("school_class").first()
    return row.school_class.name if row else None


def of_level(level: str, number: int = 1) -> list[Child]:
    rows = Enrollment.objects.filter(school_class__level=level, valid_during__contains=today()).order_by("pk")
    return [row.child for row in rows.select_related("child")[:number]]


def test_preparing_copies_the_classes_and_changes_nothing_for_families(in_buchelay: Commune) -> None:
    before = standing()

    row = prepared()

    told = passage.read(row)
    assert [str(one) for one in told.new.values()] == [str(one) for one in told.old.values()]
    assert standing() == before
    assert told.counts["unplaced"] == 0
    assert told.counts["leaves"] == sum(line.pupils for line in told.lines if line.school_class.level == "CM2")
    assert AuditEntry.objects.filter(action="rollover_prepared").count() == 1


def test_preparing_twice_gives_the_first_passage(in_buchelay: Commune) -> None:
    assert prepared() == prepared()
    assert Rollover.objects.count() == 1


def test_a_year_that_begins_before_this_one_ends_is_refused(in_buchelay: Commune) -> None:
    years = passage.years_at(today())
    assert years is not None
    first = years.leaving.during.upper - timedelta(days=10)

    with pytest.raises(RolloverRefused) as refused:
        rollover.prepare(
            first_day=first, last_day=first + timedelta(days=360), keep_teachers=True, today=today(), by=BY
        )

    assert refused.value.refusal.code == "year_overlaps"
    assert not Rollover.objects.exists()


def test_everybody_goes_up_but_a_repeater_and_leavers(in_buchelay: Commune) -> None:
    row = prepared()
    told = passage.read(row)
    repeater, leaver = of_level("CE1", 2)
    [cm2] = of_level("CM2")
    own = Enrollment.objects.get(child=repeater, valid_during__contains=today()).school_class
    same = next(one for one in told.new.values() if (one.site_id, one.level) == (own.site_id, "CE1"))
    rollover.set_children(row=row, targets={repeater.pk: same.pk, leaver.pk: LEAVES}, by=BY)

    applied(row)

    eve, day = row.day - timedelta(days=1), row.day
    assert (seat_of(repeater, eve), seat_of(repeater, day)) == ("CE1", "CE1")
    assert (seat_of(leaver, eve), seat_of(leaver, day)) == ("CE1", None)
    assert (seat_of(cm2, eve), seat_of(cm2, day)) == ("CM2", None)
    assert not Custody.objects.filter(child__in=(leaver, cm2), valid_during__contains=day).exists()
    assert Custody.objects.filter(child=cm2, valid_during__contains=eve).exists()
    up = [child for level in ("PS", "CP", "CM1") for child in of_level(level)]
    assert [seat_of(child, day) for child in up] == ["MS", "CE1", "CM2"]
    assert Custody.objects.filter(child__in=up, valid_during__contains=day).count() == len(up)


def test_codes_survive(in_buchelay: Commune) -> None:
    before = standing()["children"]

    applied(everybody_placed())

    assert standing()["children"] == before
    assert custody_by_codes(child_code=YANIS, family_code="73026418", day=today())


def test_a_parent_sees_the_new_class_from_the_day_on_and_not_before(in_buchelay: Commune) -> None:
    [child] = of_level("CP")
    household = Custody.objects.filter(child=child)[0].household

    row = applied(everybody_placed())

    def seen(day: date) -> str:
        found = child_of(household=household, child_code=child.child_code, day=day)
        assert found is not None and found.school_class is not None
        return found.school_class.level

    assert [seen(today()), seen(row.day - timedelta(days=1)), seen(row.day)] == ["CP", "CP", "CE1"]


def test_undoing_restores_exactly_what_stood(in_buchelay: Commune) -> None:
    row = everybody_placed()
    before = standing()
    applied(row)
    assert standing() != before

    again = rollover.undo(row=row, by=BY, at=clock.now())

    assert standing() == before
    assert (again.applied_at, again.plan) == (None, row.plan)
    applied(again)
    assert standing() != before


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_applying_then_undoing_is_nothing_whatever_was_decided(in_buchelay: Commune, data: st.DataObject) -> None:
    row = everybody_placed()
    told = passage.read(row)
    targets = st.sampled_from([LEAVES, *told.new])
    children = data.draw(st.dictionaries(st.sampled_from(sorted(told.destinations)), targets, max_size=20))
    classes = data.draw(st.dictionaries(st.sampled_from(sorted(told.old)), targets, max_size=6))
    rollover.set_children(row=row, targets=dict(children), by=BY)
    rollover.set_classes(row=row, targets=dict(classes), by=BY)
    before = standing()

    applied(row)
    again = rollover.undo(row=row, by=BY, at=clock.now())

    assert standing() == before
    assert again.plan == Rollover.objects.get(pk=row.pk).plan


def test_it_is_refused_while_somebody_has_no_place(in_buchelay: Commune) -> None:
    row = prepared()
    class_id = next(iter(passage.read(row).old))
    rollover.set_classes(row=row, targets={class_id: None}, by=BY)
    before = standing()

    with pytest.raises(RolloverRefused) as refused:
        applied(row)

    assert refused.value.refusal.code == "unplaced"
    assert standing() == before


def test_it_is_applied_once(in_buchelay: Commune) -> None:
    row = everybody_placed()
    applied(row)

    with pytest.raises(RolloverRefused) as refused:
        applied(row)

    assert refused.value.refusal.code == "already_applied"


@pytest.mark.parametrize(("days", "code"), [(-1, "day_outside"), (400, "day_outside")])
def test_the_day_is_one_of_the_new_year(in_buchelay: Commune, days: int, code: str) -> None:
    row = prepared()

    with pytest.raises(RolloverRefused) as refused:
        rollover.set_day(row=row, day=row.day + timedelta(days=days), today=today(), by=BY)

    assert refused.value.refusal.code == code


def test_a_later_day_keeps_children_in_their_class_until_then(in_buchelay: Commune) -> None:
    row = everybody_placed()
    rollover.set_day(row=row, day=row.day + timedelta(days=3), today=today(), by=BY)
    [child], [cm2] = of_level("CP"), of_level("CM2")
    before = standing()

    row = applied(row)

    first = row.school_year.during.lower
    assert [seat_of(child, first), seat_of(child, row.day)] == ["CP", "CE1"]
    assert seat_of(cm2, first) is None
    rollover.undo(row=row, by=BY, at=clock.now())
    assert standing() == before


def test_a_child_who_is_in_a_class_of_the_next_year_already_is_left_alone(in_buchelay: Commune) -> None:
    row = everybody_placed()
    told = passage.read(row)
    [child] = of_level("CP")
    Enrollment.objects.filter(child=child).update(valid_during=told.leaving.during)
    other = next(one for one in told.new.values() if one.level == "MS")
    Enrollment.objects.create(child=child, school_class=other, valid_during=row.school_year.during)

    applied(row)

    assert seat_of(child, row.day) == "MS"
    assert child.pk in {seat.child_id for seat in passage.read(row).settled}


def test_undoing_is_refused_once_a_child_changed_class_and_names_it(in_buchelay: Commune) -> None:
    row = applied(everybody_placed())
    [child] = of_level("CP")
    other = SchoolClass.objects.filter(school_year=row.school_year, level="MS")[0]
    Enrollment.objects.filter(child=child, rollover=row).update(school_class=other)
    before = standing()

    with pytest.raises(RolloverRefused) as refused:
        rollover.undo(row=row, by=BY, at=clock.now())

    assert (refused.value.refusal.code, refused.value.refusal.facts["names"]) == ("children_changed", [str(child)])
    assert standing() == before


def test_undoing_is_refused_once_a_leaver_came_back(in_buchelay: Commune) -> None:
    row = applied(everybody_placed())
    [child] = of_level("CM2")
    other = SchoolClass.objects.filter(school_year=row.school_year, level="CM2")[0]
    Enrollment.objects.create(child=child, school_class=other, valid_during=row.school_year.during)

    with pytest.raises(RolloverRefused) as refused:
        rollover.undo(row=row, by=BY, at=clock.now())

    assert refused.value.refusal.code == "children_changed"


def test_a_class_of_the_next_year_is_added_changed_and_taken_away(in_buchelay: Commune) -> None:
    row = prepared()
    site = Site.objects.filter(is_school=True)[0]
    wanted = ClassWanted(site_id=site.pk, name="CE1 B", level="CE1", teacher_title="Mme", teacher_name="Nouvelle")

    made = rollover.save_class(row=row, school_class=None, wanted=wanted, by=BY)

    assert str(made) == "CE1 B - Mme Nouvelle"
    with pytest.raises(RolloverRefused):
        rollover.save_class(row=row, school_class=None, wanted=wanted, by=BY)
    rollover.remove_class(row=row, school_class=made, by=BY)
    assert not SchoolClass.objects.filter(name="CE1 B").exists()


def test_a_class_taken_away_leaves_its_children_to_be_placed(in_buchelay: Commune) -> None:
    row = prepared()
    told = passage.read(row)
    gone = next(one for one in told.new.values() if one.level == "CE1")
    rollover.remove_class(row=row, school_class=gone, by=BY)

    told = passage.read(row)

    assert told.counts[Fate.UNPLACED] == sum(
        line.pupils for line in told.lines if (line.school_class.level, line.school_class.site) == ("CP", gone.site)
    )


def test_a_class_that_is_none_of_this_passage_is_refused(in_buchelay: Commune) -> None:
    row = prepared()
    [child] = of_level("CP")
    told = passage.read(row)

    for targets in ({child.pk: next(iter(told.old))}, {child.pk: 10**9}, {10**9: LEAVES}):
        with pytest.raises(RolloverRefused):
            rollover.set_children(row=row, targets=targets, by=BY)


def test_levels_propose_again(in_buchelay: Commune) -> None:
    row = prepared()
    rollover.set_levels(row=row, levels={"PS": "CM2"}, by=BY)

    row.refresh_from_db()
    told = passage.read(row)

    assert {told.new[line.proposed].level for line in told.lines if line.proposed} == {"CM2"}
    assert told.counts["unplaced"] > 0


def test_more_children_cost_as_many_statements(in_buchelay: Commune) -> None:
    def cost(action: Any) -> int:
        with counted() as statements:
            action()
        return len(statements)

    row = everybody_placed()
    [child] = of_level("CP")
    told = passage.read(row)
    alone = dict.fromkeys(told.destinations, LEAVES)
    rollover.set_children(row=row, targets={**alone, child.pk: None}, by=BY)
    few = (cost(lambda: applied(row)), cost(lambda: rollover.undo(row=row, by=BY, at=clock.now())))
    again = passage.current()
    assert again is not None
    rollover.set_children(row=again, targets=dict.fromkeys(told.destinations), by=BY)
    many = (cost(lambda: applied(again)), cost(lambda: rollover.undo(row=again, by=BY, at=clock.now())))

    assert few == many
    assert max(many) <= 40


def test_a_late_passage_starts_from_the_year_that_nobody_left(in_buchelay: Commune) -> None:
    """The new year began, newcomers were entered in it, and the others are still in last year's classes."""
    years = passage.years_at(today())
    assert years is not None
    last, first = today() - timedelta(days=10), today() - timedelta(days=9)
    SchoolYear.objects.filter(pk=years.leaving.pk).update(during=DateRange(years.leaving.during.lower, last, "[]"))
    Enrollment.objects.filter(school_class__school_year=years.leaving).update(
        valid_during=DateRange(years.leaving.during.lower, last, "[]")
    )
    new = SchoolYear.objects.create(name="suivante", during=DateRange(first, first + timedelta(days=350)))
    site = Site.objects.filter(is_school=True)[0]
    newcomers = SchoolClass.objects.create(name="PS", level="PS", site=site, school_year=new)
    child = Child.objects.filter(enrollments__school_class__level="PS").order_by("pk")[0]
    Enrollment.objects.create(child=child, school_class=newcomers, valid_during=new.during)

    late = passage.years_at(today())
    assert late is not None and (late.leaving, late.entering) == (years.leaving, new)
    row = everybody_placed()
    assert row.day == today()
    before = standing()
    applied(row)

    assert passage.years_at(today()) == Years(new, None)
    cp = Enrollment.objects.filter(rollover=row, school_class__level="CE1")[0]
    assert (cp.valid_during.lower, seat_of(cp.child, today() - timedelta(days=1))) == (today(), "CP")
    rollover.undo(row=row, by=BY, at=clock.now())
    assert standing() == before


# --- Bookings made for days after the passage -------------------------------------------------------------------------


def booked_after(child: Child, day: date, activity: str) -> Booking:
    """A booking of the child at its present school, some days after the passage."""
    site = Enrollment.objects.get(child=child, valid_during__contains=today()).school_class.site
    held = activity_of(activity)
    service_day, _ = ServiceDay.objects.get_or_create(activity_id=held, site=site, day=day)
    custody = Custody.objects.filter(child=child)[0]
    booking = Booking.of(
        child_id=child.pk, household_id=custody.household_id, service_day=service_day, booked_at=clock.now()
    )
    booking.save()
    return booking


def activity_of(name: str) -> int:
    return next(one.pk for one in catalogue.read().activities.values() if one.name == name)


def held_at(site_id: int, activity: str, day: date, places: int | None = None) -> ServiceDay:
    return ServiceDay.objects.get_or_create(
        activity_id=activity_of(activity), site_id=site_id, day=day, defaults={"places": places}
    )[0]


def sent_elsewhere(row: Rollover, child: Child) -> SchoolClass:
    """Say that the child goes up in another school."""
    told = passage.read(row)
    own = Enrollment.objects.get(child=child, valid_during__contains=today()).school_class
    level = told.row.plan["levels"][own.level]
    target = next(one for one in told.new.values() if one.site_id != own.site_id and one.level == level)
    rollover.set_children(row=row, targets={child.pk: target.pk}, by=BY)
    return target


def test_bookings_follow_a_child_to_its_new_school_and_come_back(in_buchelay: Commune) -> None:
    row = everybody_placed()
    [child] = of_level("CP")
    day = row.day + timedelta(days=7)
    booking = booked_after(child, day, "Accueil Matin")
    target = sent_elsewhere(row, child)
    there = held_at(target.site_id, "Accueil Matin", day)
    before = standing()

    assert rollover.preview_effects(passage.read(Rollover.objects.get(pk=row.pk)))["bookings_moved"] == 1
    applied(row)

    booking.refresh_from_db()
    assert (booking.service_day, booking.canceled_at) == (there, None)
    rollover.undo(row=row, by=BY, at=clock.now())
    assert standing() == before


@pytest.mark.parametrize("why", ["not held", "full", "not entitled", "leaves"])
def test_a_booking_that_cannot_follow_is_canceled_with_its_proof_and_comes_back(in_buchelay: Commune, why: str) -> None:
    row = everybody_placed()
    [child] = of_level("CP")
    day = row.day + timedelta(days=7)
    booking = booked_after(child, day, "Accueil Matin")
    target = sent_elsewhere(row, child)
    if why != "not held":
        held_at(target.site_id, "Accueil Matin", day, places=0 if why == "full" else None)
    if why == "not entitled":
        entitle(activity_id=activity_of("Accueil Matin"), ways=[Access(level="CP")])
    if why == "leaves":
        rollover.set_children(row=row, targets={child.pk: LEAVES}, by=BY)
    before = standing()

    applied(row)

    booking.refresh_from_db()
    assert booking.canceled_at is not None
    entry = JournalEntry.objects.latest("pk")
    assert (entry.child, entry.day, entry.before, entry.after) == (child, day, True, False)
    assert told(child, "booking/emails/passed")
    rollover.undo(row=row, by=BY, at=clock.now())
    assert standing() == before
    assert told(child, "booking/emails/put_back")


def told(child: Child, template: str) -> bool:
    """Whether each guardian was written to."""
    guardians = Guardian.objects.filter(household__custodies__child=child).exclude(email="")
    sent = OutboxMessage.objects.filter(template=template)
    return sorted(message.address for message in sent) == sorted({one.email for one in guardians})


def test_a_child_admitted_by_name_keeps_its_booking(in_buchelay: Commune) -> None:
    row = everybody_placed()
    [child] = of_level("CP")
    booking = booked_after(child, row.day + timedelta(days=7), "Accueil Matin")
    entitle(activity_id=booking.activity_id, ways=[Access(level="CP")])
    campaign = Campaign.objects.create(
        title="Rentrée",
        first_day=row.day,
        last_day=row.day + timedelta(days=300),
        opens_at=clock.now(),
        closes_at=clock.now() + timedelta(days=1),
        created_at=clock.now(),
    )
    answer = PreRegistration.objects.create(
        campaign=campaign,
        child=child,
        household_id=booking.household_id,
        returns=True,
        answered_at=clock.now(),
        channel=Channel.WEB,
    )
    Admission.objects.create(
        answer=answer,
        child=child,
        activity_id=booking.activity_id,
        first_day=campaign.first_day,
        last_day=campaign.last_day,
    )

    applied(row)

    booking.refresh_from_db()
    assert booking.canceled_at is None


def test_undoing_is_refused_once_a_family_booked_in_the_new_school(in_buchelay: Commune) -> None:
    row = everybody_placed()
    [child] = of_level("CP")
    day = row.day + timedelta(days=7)
    target = sent_elsewhere(row, child)
    there = held_at(target.site_id, "Accueil Matin", day)
    applied(row)
    custody = Custody.objects.filter(child=child)[0]
    Booking.of(child_id=child.pk, household_id=custody.household_id, service_day=there, booked_at=clock.now()).save()

    with pytest.raises(RolloverRefused) as refused:
        rollover.undo(row=row, by=BY, at=clock.now())

    assert (refused.value.refusal.code, refused.value.refusal.facts["number"]) == ("later_facts", 1)


def test_undoing_is_refused_once_the_next_passage_is_done(in_buchelay: Commune) -> None:
    row = applied(everybody_placed())
    years = passage.years_at(row.day)
    assert years is not None and years.leaving == row.school_year
    first = years.leaving.during.upper
    following = rollover.prepare(
        first_day=first, last_day=first + timedelta(days=364), keep_teachers=False, today=row.day, by=BY
    )
    waiting = [line.school_class.pk for line in passage.read(following).lines]
    rollover.set_classes(row=following, targets=dict.fromkeys(waiting, LEAVES), by=BY)
    rollover.apply(row=following, by=BY, at=clock.now())

    with pytest.raises(RolloverRefused) as refused:
        rollover.undo(row=row, by=BY, at=clock.now())

    assert refused.value.refusal.code == "later_passage"
