"""Every term that the page of personal data promises is applied at night, told in numbers, and twice is once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from booking import tasks as booking_tasks
from booking.models import Absence, Attendance, Booking, JournalEntry, PeriodChoice, Receipt, ServiceDay
from booking.services import retention as bookings
from lps.config.tick import SCHEDULE
from lps.families import tasks as families_tasks
from lps.families.models import Child, HealthNote, Household, ImportBatch, LettersBatch
from lps.families.services import retention
from lps.journal import retention as journal
from lps.journal import tasks as journal_tasks
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.services import record
from lps.kernel import clock
from notifications.models import Address
from notifications.services import PROOF_KEPT, prove_address, purge, withdraw
from notifications.wakeup import PURGE
from tenants import keys
from tenants.models import Commune
from tests.families.factories import BY
from tests.zone import PARIS

NOVEMBER = date(2026, 11, 25)


def purged() -> list[dict[str, int]]:
    return list(AuditEntry.objects.filter(action="data_purged").order_by("pk").values_list("after", flat=True))


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (NOVEMBER, date(2025, 9, 1)),
        (date(2026, 8, 31), date(2024, 9, 1)),
        (date(2026, 9, 1), date(2025, 9, 1)),
    ],
)
def test_bookings_are_kept_for_their_school_year_and_the_next(today: date, first: date) -> None:
    assert bookings.first_day_kept(today) == first


def test_what_is_of_older_days_goes_with_its_proofs_and_the_rest_stays(in_buchelay: Commune) -> None:
    """A year and a half later, what was booked last year is gone."""
    later = max(Booking.objects.values_list("day", flat=True))
    limit = bookings.first_day_kept(later + timedelta(days=800))
    kept = Booking.objects.filter(day__gte=limit).count()
    held = ServiceDay.objects.order_by("day")[0]
    child = Child.objects.order_by("pk")[0]
    facts = {"state": "present", "noted_at": clock.now(), "noted_by": "Nadia"}
    Attendance.objects.update_or_create(service_day=held, child=child, defaults=facts)
    seen = Attendance.objects.filter(service_day__day__lt=limit).count()
    at = datetime.combine(later + timedelta(days=800), datetime.min.time(), UTC)

    bookings.apply_terms(today=later + timedelta(days=800), now=at)

    assert Booking.objects.count() == kept
    assert not JournalEntry.objects.filter(day__lt=limit).exists()
    assert not PeriodChoice.objects.filter(period__last_day__lt=limit).exists()
    assert not Receipt.objects.filter(entries__isnull=True, period_choice__isnull=True, received_at__lt=at).exists()
    [told] = purged()
    assert told["bookings"] > 0 and told["attendances"] == seen > 0
    assert all(isinstance(number, int) for number in told.values())


def test_nothing_of_this_year_and_the_last_goes(in_buchelay: Commune) -> None:
    before = (Booking.objects.count(), JournalEntry.objects.count(), Receipt.objects.count())

    booking_tasks.purge.run()

    assert (Booking.objects.count(), JournalEntry.objects.count(), Receipt.objects.count()) == before
    assert purged() == []


def test_the_journal_is_kept_a_year(in_demo: Commune) -> None:
    now = clock.now()
    AuditEntry.objects.all()
    for days in (366, 364):
        record(by=BY, channel=Channel.WEB, action="essai", subject=f"{days}", at=now - timedelta(days=days))

    journal_tasks.purge.run()

    assert list(AuditEntry.objects.filter(action="essai").values_list("subject", flat=True)) == ["364"]
    assert purged() == [{"audit_entries": 1}]
    assert journal.forget_old_entries(now=now) == 0


def test_the_journal_still_refuses_to_be_changed_after_the_purge(in_demo: Commune) -> None:
    from django.db import IntegrityError, InternalError, transaction

    record(by=BY, channel=Channel.WEB, action="essai", subject="1")
    journal_tasks.purge.run()

    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        AuditEntry.objects.filter(action="essai").delete()


def test_a_withdrawn_consent_is_proved_for_three_years(martin: Household) -> None:
    def withdrawn(value: str, age: timedelta) -> Address:
        address = prove_address(
            holder=martin.holder, value=value, consent="v1", by=BY, channel=Channel.WEB, at=clock.now() - age
        )
        return withdraw(address=address, by=BY, channel=Channel.WEB, at=clock.now() - age)

    withdrawn("vieille@example.org", PROOF_KEPT + timedelta(days=1))
    kept = withdrawn("recente@example.org", PROOF_KEPT - timedelta(days=1))

    purge(now=clock.now())

    assert list(Address.objects.filter(holder=martin.holder)) == [kept]
    assert AuditEntry.objects.get(action="consents_purged").after["consents"] == 1


def test_files_received_and_letters_go_after_two_months(in_demo: Commune) -> None:
    names = [default_storage.save(f"imports/essai{age}", ContentFile(b"nom;prenom")) for age in (61, 59)]
    pdfs = [default_storage.save(f"letters/essai{age}.pdf", ContentFile(b"%PDF")) for age in (61, 59)]
    for age, name, pdf in zip((61, 59), names, pdfs, strict=True):
        at = clock.now() - timedelta(days=age)
        ImportBatch.objects.create(file=name, file_name="familles.csv", requested_by="Nadia", created_at=at)
        LettersBatch.objects.create(files=[{"file": pdf}], requested_by="Nadia", created_at=at)

    families_tasks.purge.run()

    assert [default_storage.exists(name) for name in (*names, *pdfs)] == [False, True, False, True]
    assert (ImportBatch.objects.count(), LettersBatch.objects.count()) == (1, 1)
    assert purged() == [{"imports": 1, "letters": 1}]


def test_a_health_note_goes_two_months_after_its_end(martin: Household) -> None:
    child, today = Child.objects.get(code_lookup__gt="", first_name="Léa", custodies__household=martin), NOVEMBER
    for end in (today - timedelta(days=61), today - timedelta(days=59), None):
        words = keys.encrypt("arachide", purpose="health")
        HealthNote.objects.create(child=child, kind="pai", words=words, valid_until=end)

    retention.apply_terms(today=today, now=clock.now())

    assert HealthNote.objects.filter(child=child).count() == 2


def test_a_document_of_an_absence_goes_sixty_days_after_its_answer(martin: Household) -> None:
    child, now = Child.objects.get(custodies__household=martin, first_name="Léa"), clock.now()
    names = []
    for age in (61, 59):
        names.append(default_storage.save(f"absences/terme{age}.pdf", ContentFile(b"%PDF")))
        Absence.objects.create(
            child=child,
            household=martin,
            first_day=clock.today(PARIS),
            last_day=clock.today(PARIS),
            reason="varicelle",
            document=names[-1],
            declared_at=now - timedelta(days=age),
            channel=Channel.WEB,
            state="accepted",
            answered_at=now - timedelta(days=age),
        )

    booking_tasks.purge.run()

    assert sorted(Absence.objects.values_list("document", flat=True)) == ["", names[1]]
    assert purged() == [{"documents": 1}]


def test_every_purge_comes_once_a_night() -> None:
    nightly = {due.task for due in SCHEDULE if due.at is not None}

    assert {PURGE, families_tasks.PURGE, booking_tasks.PURGE, journal_tasks.PURGE} <= nightly
