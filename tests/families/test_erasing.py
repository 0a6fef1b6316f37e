"""Erasing a family: what names it goes, the facts stay, and nothing goes while something is to come."""

from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange

from booking.models import Absence, Activity, Booking, JournalEntry, Receipt, ServiceDay, WaitingEntry
from lps.families.models import (
    ERASED,
    Child,
    Contact,
    Custody,
    DataRequest,
    Diet,
    Enrollment,
    FamilyLink,
    Guardian,
    HealthNote,
    Household,
)
from lps.families.personal_data import gather
from lps.families.queries.doors import custody_by_codes, household_in_force
from lps.families.services import ask_about_data, erasing, links, share_child
from lps.families.services.erasing import ErasureRefused
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications.models import OutboxMessage
from notifications.queries import addresses_of
from notifications.services import prove_address
from tenants import keys
from tenants.models import Commune
from tests.families.factories import BY
from tests.sql import counted
from tests.zone import PARIS


def today() -> date:
    return clock.today(PARIS)


def erase(household: Household) -> int:
    return erasing.erase(household=household, by=BY, channel=Channel.OFFICE, day=today(), at=clock.now())


def lea_of(household: Household) -> Child:
    return Child.objects.get(custodies__household=household, first_name="Léa")


def booked(household: Household, day: date) -> Booking:
    child, activity = lea_of(household), Activity.objects.order_by("pk")[0]
    site = Enrollment.objects.get(child=child).school_class.site
    held = ServiceDay.objects.create(activity=activity, site=site, day=day)
    booking = Booking.of(child_id=child.pk, household_id=household.pk, service_day=held, booked_at=clock.now())
    booking.save()
    receipt = Receipt.objects.create(
        year=2026,
        received_at=clock.now(),
        channel=Channel.WEB,
        author="famille MARTIN",
        household=household,
        child=child,
    )
    JournalEntry.objects.create(
        receipt=receipt,
        at=clock.now(),
        channel=Channel.WEB,
        author="famille MARTIN",
        child=child,
        household=household,
        activity=activity,
        activity_name=activity.name,
        day=day,
        before=False,
        after=True,
    )
    return booking


def furnished(household: Household) -> Household:
    """All that a family may leave in a town."""
    lea = lea_of(household)
    Household.objects.filter(pk=household.pk).update(street="3 rue du Val", postal_code="78200", city="Buchelay")
    Guardian.objects.filter(household=household).update(phone="+33612345678")
    Contact.objects.create(child=lea, kind=Contact.Kind.AUTHORIZED, name="Mamie Ginette", phone="+33612345679")
    HealthNote.objects.create(child=lea, kind="pai", words=keys.encrypt("arachide", purpose="health"))
    lea.diets.add(Diet.objects.get_or_create(name="sans arachide")[0])
    prove_address(holder=household.holder, value="prouvee@example.org", consent="v1", by=BY, channel=Channel.WEB)
    links.new_link(household=household, purpose=FamilyLink.Purpose.CODES)
    ask_about_data(
        household=household,
        kind=DataRequest.Kind.ERASE,
        words="Léa a déménagé",
        by=BY,
        channel=Channel.WEB,
        received_at=clock.now(),
    )
    booking = booked(household, today() - timedelta(days=30))
    document = default_storage.save("absences/essai.pdf", ContentFile(b"%PDF"))
    Absence.objects.create(
        child=lea,
        household=household,
        first_day=booking.day,
        last_day=booking.day,
        reason="varicelle de Léa",
        document=document,
        declared_at=clock.now(),
        channel=Channel.WEB,
    )
    WaitingEntry.objects.create(service_day=booking.service_day, child=lea, household=household, joined_at=clock.now())
    return household


NAMES = ("MARTIN", "Martin", "Léa", "Hugo", "Alice", "Ginette", "3 rue du Val", "612345", "varicelle", "example.org")
# What was done stays a year as a proof; what is sealed reads as nothing.
KEPT = {"journal_auditentry", "notifications_outboxmessage", "notifications_address"}


def texts() -> dict[str, str]:
    """Every row of every table of the commune, as text."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        for (table,) in cursor.fetchall():
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT coalesce(string_agg(row::text, E'\\n'), '') FROM {name} AS row")
            found[table] = cursor.fetchone()[0]
    return found


def test_nothing_that_names_the_family_is_left_in_any_table(
    martin: Household, django_capture_on_commit_callbacks: object
) -> None:
    furnished(martin)
    standing = {table for table, rows in texts().items() if any(name in rows for name in NAMES)}
    assert {"families_guardian", "booking_receipt", "booking_absence", "families_contact"} <= standing
    document = Absence.objects.get(household=martin).document

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert erase(martin) == 2

    left = {table: [name for name in NAMES if name in rows] for table, rows in texts().items() if table not in KEPT}
    assert {table: names for table, names in left.items() if names and table in standing} == {}
    assert not default_storage.exists(document)


def test_facts_stay_without_a_name(martin: Household) -> None:
    furnished(martin)
    before = list(Booking.objects.filter(household=martin).values())

    erase(martin)

    assert list(Booking.objects.filter(household=martin).values()) == before
    receipt = Receipt.objects.get(household=martin)
    assert (receipt.author, receipt.entries.get().author) == ("famille effacée", "famille effacée")
    martin.refresh_from_db()
    assert (martin.is_erased, martin.name, martin.family_code) == (True, "famille effacée", "")
    child = Child.objects.get(pk=Booking.objects.get(household=martin).child_id)
    assert (str(child), child.birth_date, child.child_code) == ("Enfant effacé", None, "")
    assert child.anonymized_at is not None
    assert gather(martin)["Réservations"]


def test_the_codes_open_nothing_any_more_and_sessions_end(martin: Household) -> None:
    erase(martin)

    assert custody_by_codes(child_code="71000001", family_code="72000001", day=today()) is None
    assert household_in_force(key=str(martin.pk), generation=martin.generation) is None
    assert not addresses_of(martin.holder).exists()


def test_the_family_is_told_and_its_requests_are_answered(martin: Household) -> None:
    furnished(martin)

    erase(martin)

    assert DataRequest.objects.get(household=martin).answered_at is not None
    sent = OutboxMessage.objects.filter(template="families/emails/erased")
    assert sorted(message.address for message in sent) == ["Alice.Martin@example.org", "prouvee@example.org"]
    assert AuditEntry.objects.filter(action="family_erased", subject=martin.holder).count() == 1


def test_it_is_refused_while_a_booking_is_to_come_and_nothing_changes(martin: Household) -> None:
    booked(martin, today() + timedelta(days=3))
    before = texts()

    with pytest.raises(ErasureRefused) as refused:
        erase(martin)

    assert (refused.value.refusal.code, refused.value.refusal.facts["number"]) == ("to_come", 1)
    assert texts() == before
    assert not erasing.preview(martin, day=today()).may


def test_it_is_done_once(martin: Household) -> None:
    erase(martin)

    with pytest.raises(ErasureRefused) as refused:
        erase(martin)

    assert refused.value.refusal.code == "already_erased"


def test_a_child_whom_another_family_has_stays_there(martin: Household, stranger: Household) -> None:
    lea = lea_of(martin)
    share_child(child=lea, household=stranger, custody=DateRange(date(2020, 1, 1), None), by=BY, channel=Channel.OFFICE)

    told = erasing.preview(martin, day=today())
    assert ([str(one) for one in told.children], [str(one) for one in told.shared]) == (
        ["Hugo MARTIN"],
        ["Léa MARTIN"],
    )
    assert erase(martin) == 1

    lea.refresh_from_db()
    assert (str(lea), lea.anonymized_at) == ("Léa MARTIN", None)
    assert [held.household for held in Custody.objects.filter(child=lea, valid_during__contains=today())] == [stranger]
    assert Enrollment.objects.filter(child=lea, valid_during__contains=today()).exists()


def gone_since(household: Household, days: int) -> None:
    end = today() - timedelta(days=days)
    Custody.objects.filter(household=household).update(valid_during=DateRange(date(2010, 1, 1), end))


def test_families_gone_for_two_years_are_erased_at_night_and_no_others(martin: Household, stranger: Household) -> None:
    gone_since(martin, 731)
    gone_since(stranger, 729)

    assert erasing.erase_gone(today=today(), by=BY, at=clock.now()) == (1, 2)

    martin.refresh_from_db()
    stranger.refresh_from_db()
    assert (martin.is_erased, stranger.is_erased) == (True, False)
    assert erasing.erase_gone(today=today(), by=BY, at=clock.now()) == (0, 0)
    assert not OutboxMessage.objects.filter(template="families/emails/erased").exists()


def test_a_child_who_left_this_family_but_not_the_other_keeps_its_name(martin: Household, stranger: Household) -> None:
    lea = lea_of(martin)
    share_child(child=lea, household=stranger, custody=DateRange(date(2020, 1, 1), None), by=BY, channel=Channel.OFFICE)
    gone_since(martin, 800)

    erasing.erase_gone(today=today(), by=BY, at=clock.now())

    lea.refresh_from_db()
    martin.refresh_from_db()
    assert (str(lea), martin.is_erased) == ("Léa MARTIN", True)


def test_many_families_cost_as_many_statements_as_few(in_buchelay: Commune) -> None:
    homes = list(Household.objects.order_by("pk")[:12])
    made = []
    Booking.objects.filter(day__gte=today()).delete()
    for some in (homes[:1], homes[1:]):
        for home in some:
            gone_since(home, 800)
        with counted() as statements:
            assert erasing.erase_gone(today=today(), by=BY, at=clock.now())[0] == len(some)
        made.append(len(statements))

    assert made[0] == made[1]
    assert Household.objects.filter(code_lookup__startswith=ERASED).count() == 12
