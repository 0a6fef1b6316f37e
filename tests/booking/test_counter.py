"""Booking for a family at the counter: after the deadline with a reason, never beyond the places, never elsewhere."""

import uuid
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.http import HttpResponse
from django.test import Client

from booking.models import Receipt
from booking.planning_form import box_value
from booking.rules.planning import OVERRIDABLE, Cell
from booking.services.attendance import note
from booking.services.closures import Scope, close
from lps.accounts.models import Account
from lps.families.models import Child, Household
from lps.journal.models import AuditEntry
from lps.office.journal_words import changes
from notifications.models import OutboxMessage
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.booking.october import (
    ARMISTICE,
    BUS_8H30,
    BUS_13H30,
    BUS_16H30,
    JEUDI_16,
    NOW,
    Autumn,
    ask,
    codes,
    paris,
    standing,
    written,
)
from tests.booking.pages import filled, opened, read, told, week
from tests.families.factories import BY
from tests.isolation.pages import form_with
from tests.screens.reading import words
from tests.sql import counted

MARDI_7 = date(2014, 10, 7)  # its deadline is past
REASON = "la maman a téléphoné"


@pytest.fixture
def claire(demo: Commune, autumn: Autumn) -> Client:
    return signed_in(demo, "régie", name="Claire")


def path(home: Household, child: Child | None = None, **query: object) -> str:
    more = {"enfant": child.pk, **query} if child else query
    asked = "&".join(f"{name}={value}" for name, value in more.items())
    return f"/mairie/familles/{home.pk}/reservations/" + (f"?{asked}" if asked else "")


def book(client: Client, home: Household, child: Child, *cells: Cell, reason: str = "") -> HttpResponse:
    """What the agent's browser sends once these boxes are ticked."""
    where = path(home, child)
    return client.post(where, {**filled(client.get(where), tick=cells), "motif": reason})


def test_an_agent_sees_the_planning_of_each_child(
    claire: Client, marsone: Household, angeline: Child, bertrand: Child
) -> None:
    first = opened(claire, path(marsone))

    assert "Angéline MARSONE</h2>" in first and week(first, 41)
    assert f"enfant={bertrand.pk}" in first
    assert "Bertrand MARSONE</h2>" in opened(claire, path(marsone, bertrand))


def test_before_the_deadline_no_reason_is_asked(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    answer = book(claire, marsone, angeline, autumn.cell(BUS_13H30, JEUDI_16))

    assert answer.status_code == 302
    assert standing(angeline, autumn.activities[BUS_13H30]) == [JEUDI_16]
    receipt = Receipt.objects.latest("pk")
    assert (receipt.channel, receipt.author, receipt.reason, receipt.passed_over) == ("office", "Claire", "", [])
    assert told(opened(claire, answer.headers["Location"]), "ok")


def test_after_the_deadline_nothing_is_done_without_a_reason_and_the_form_comes_back_as_it_was(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    cell = autumn.cell(BUS_13H30, MARDI_7)
    before = written()

    answer = book(claire, marsone, angeline, cell, reason="   ")

    assert answer.status_code == 400
    assert "Écrivez le motif" in read(answer)
    assert written() == before
    assert box_value(cell) in form_with(answer, "vu").fields["jour"]
    assert f'value="{box_value(cell)}" checked data-unsaved' in answer.content.decode()
    assert answer.content.decode().count("data-unsaved") == 1


def test_after_the_deadline_the_reason_stands_in_the_receipt_and_the_parent_reads_it(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child, parent: Client
) -> None:
    answer = book(claire, marsone, angeline, autumn.cell(BUS_13H30, MARDI_7), reason=REASON)

    assert answer.status_code == 302
    assert standing(angeline, autumn.activities[BUS_13H30]) == [MARDI_7]
    receipt = Receipt.objects.latest("pk")
    assert (receipt.reason, receipt.passed_over) == (REASON, ["too_late"])
    sentence = f"Claire, mairie, après la date limite : {REASON}"
    assert sentence in read(parent.get("/enfants/123456/modifications/"))
    assert sentence in read(parent.get(f"/recus/{receipt.number}/"))
    journal = f"/mairie/familles/{marsone.pk}/journal/"
    assert sentence in read(claire.get(journal))
    assert sentence in read(claire.get(f"{journal}?jour={MARDI_7}"))
    assert sentence not in read(claire.get(f"{journal}?jour={JEUDI_16}"))
    assert "Cette date n'existe pas" in read(claire.get(f"{journal}?jour=31-02"))
    audit = AuditEntry.objects.get(action="booked_at_counter")
    assert (audit.actor_label, audit.after["reason"]) == ("Claire", REASON)


def test_a_day_past_is_corrected_until_the_first_of_the_month_before(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child, stop_clock: Callable[[datetime], None]
) -> None:
    cell = autumn.cell(BUS_13H30, MARDI_7)

    stop_clock(paris(date(2014, 11, 30), 12))
    assert box_value(cell) in claire.get(path(marsone, angeline, semaine="2014-W41")).content.decode()
    stop_clock(paris(date(2014, 12, 1), 12))
    assert box_value(cell) not in claire.get(path(marsone, angeline, semaine="2014-W41")).content.decode()
    late = ask(angeline, marsone, autumn.book(BUS_13H30, MARDI_7), powers=OVERRIDABLE, powers_since=date(2014, 11, 1))
    assert codes(late.refused) == ["too_late"]


def test_a_week_that_families_cannot_change_is_not_called_unchangeable(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child, stop_clock: Callable[[datetime], None]
) -> None:
    """Its boxes may be ticked at the counter: what is closed is closed to families."""
    stop_clock(paris(date(2014, 10, 20), 12))
    shown = read(claire.get(path(marsone, angeline, semaine="2014-W41")))

    assert "Semaine fermée aux familles" in shown and "Semaine non modifiable" not in shown
    assert "Motif à donner pour changer : " in shown


@pytest.mark.parametrize(
    ("today", "bound"),
    [
        (date(2014, 10, 8), date(2014, 9, 1)),
        (date(2015, 1, 31), date(2014, 12, 1)),
        (date(2016, 3, 31), date(2016, 2, 1)),
    ],
)
def test_the_bound_of_corrections(today: date, bound: date) -> None:
    from booking.services.counter import first_day_to_correct

    assert first_day_to_correct(today) == bound


def test_places_and_closed_days_stay_what_they_are(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child, zoe: Child, stranger: Household
) -> None:
    autumn.places(BUS_13H30, JEUDI_16, 1)
    ask(zoe, stranger, autumn.book(BUS_13H30, JEUDI_16))
    page = claire.get(path(marsone, angeline))
    fields = filled(page, tick=[autumn.cell(BUS_8H30, JEUDI_16)])
    ask(angeline, marsone, autumn.book(BUS_8H30, JEUDI_16))

    assert box_value(autumn.cell(BUS_13H30, JEUDI_16)) not in dict(form_with(page, "vu").unticked).values()
    forged = {**fields, "jour": [*fields["jour"], box_value(autumn.cell(BUS_13H30, JEUDI_16))], "motif": REASON}
    assert claire.post(path(marsone, angeline), forged).status_code == 400
    assert standing(angeline, autumn.activities[BUS_13H30]) == []
    armistice = claire.get(path(marsone, angeline, semaine="2014-W46"))
    assert box_value(autumn.cell(BUS_13H30, ARMISTICE)) not in armistice.content.decode()


def test_a_stale_form_undoes_nothing(claire: Client, autumn: Autumn, marsone: Household, angeline: Child) -> None:
    page = claire.get(path(marsone, angeline))
    ask(angeline, marsone, autumn.book(BUS_8H30, JEUDI_16))

    claire.post(path(marsone, angeline), {**filled(page, tick=[autumn.cell(BUS_16H30, JEUDI_16)]), "motif": ""})

    assert standing(angeline, autumn.activities[BUS_8H30]) == [JEUDI_16]
    assert standing(angeline, autumn.activities[BUS_16H30]) == [JEUDI_16]


def test_the_same_form_sent_twice_is_one_receipt(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    where = path(marsone, angeline)
    fields = {**filled(claire.get(where), tick=[autumn.cell(BUS_13H30, MARDI_7)]), "motif": REASON}

    first, second = claire.post(where, fields), claire.post(where, fields)

    assert first.headers["Location"] == second.headers["Location"]
    assert AuditEntry.objects.filter(action="booked_at_counter").count() == 1


def test_a_booking_canceled_on_a_day_on_which_the_child_is_noted_present_says_so(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    ask(angeline, marsone, autumn.book(BUS_13H30, MARDI_7, JEUDI_16), powers=OVERRIDABLE)
    held = autumn.held(BUS_13H30, MARDI_7)
    note(service_day=held, children=[angeline.pk], state="present", by=BY, at=NOW)
    where = path(marsone, angeline)
    cells = [autumn.cell(BUS_13H30, MARDI_7), autumn.cell(BUS_13H30, JEUDI_16)]

    answer = claire.post(where, {**filled(claire.get(where), untick=cells), "motif": REASON})

    assert standing(angeline, autumn.activities[BUS_13H30]) == []
    shown = opened(claire, answer.headers["Location"])
    assert "Le pointage note la présence d'Angéline MARSONE ce jour-là" in words(shown)
    assert told(shown, "info") == ["Transport scolaire 13h30, mardi 07/10/2014"]
    assert f'href="/mairie/pointage/{held.pk}/"' in shown
    audit = AuditEntry.objects.get(action="booked_at_counter")
    assert audit.after["canceled_though_seen"] == [{"activity": "Transport scolaire 13h30", "day": "2014-10-07"}]
    said = {name: now for name, _, now in changes(None, audit.after)}
    assert said["annulé bien que noté présent"] == "jour mardi 07/10/2014, activité Transport scolaire 13h30"
    assert said["règles passées"] == "date limite"

    book(claire, marsone, angeline, autumn.cell(BUS_13H30, MARDI_7), reason=REASON)
    assert told(opened(claire, answer.headers["Location"]), "info") == []


def test_a_booking_canceled_on_a_day_on_which_the_child_is_noted_absent_says_nothing_of_it(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    ask(angeline, marsone, autumn.book(BUS_13H30, MARDI_7), powers=OVERRIDABLE)
    note(service_day=autumn.held(BUS_13H30, MARDI_7), children=[angeline.pk], state="absent", by=BY, at=NOW)
    where = path(marsone, angeline)

    answer = claire.post(
        where, {**filled(claire.get(where), untick=[autumn.cell(BUS_13H30, MARDI_7)]), "motif": REASON}
    )

    assert told(opened(claire, answer.headers["Location"]), "info") == []
    assert "canceled_though_seen" not in AuditEntry.objects.get(action="booked_at_counter").after


def test_an_activity_not_for_this_child_needs_a_reason(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    from booking.models import Entitlement
    from tenants.town.services import renew_catalogue_stamp

    Entitlement.objects.create(activity_id=autumn.activities[BUS_13H30], level="CM2")
    renew_catalogue_stamp()

    assert book(claire, marsone, angeline, autumn.cell(BUS_13H30, JEUDI_16)).status_code == 400
    assert book(claire, marsone, angeline, autumn.cell(BUS_13H30, JEUDI_16), reason=REASON).status_code == 302
    assert Receipt.objects.latest("pk").passed_over == ["not_entitled"]


def test_the_leisure_team_books_before_the_deadline_alone(
    demo: Commune, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    nadia = signed_in(demo, "animation")
    page = nadia.get(path(marsone, angeline))

    assert box_value(autumn.cell(BUS_13H30, MARDI_7)) not in page.content.decode()
    assert book(nadia, marsone, angeline, autumn.cell(BUS_13H30, JEUDI_16)).status_code == 302


def test_who_reads_alone_changes_nothing(demo: Commune, autumn: Autumn, marsone: Household, angeline: Child) -> None:
    reader, claire = signed_in(demo, "lecture", name="Lea"), signed_in(demo, "régie", name="Claire")
    fields = {**filled(claire.get(path(marsone, angeline)), tick=[autumn.cell(BUS_13H30, JEUDI_16)])}
    before = written()

    page = reader.get(path(marsone, angeline))

    assert page.status_code == 200 and 'name="vu"' not in page.content.decode()
    assert reader.post(path(marsone, angeline), fields).status_code == 403
    ask(angeline, marsone, autumn.book(BUS_8H30, JEUDI_16))
    assert reader.post(f"/mairie/familles/{marsone.pk}/recus/{Receipt.objects.latest('pk').number}/").status_code == 403
    assert written()[1] == before[1] + 1


def test_the_kitchen_has_no_counter(demo: Commune, autumn: Autumn, marsone: Household) -> None:
    assert signed_in(demo, "cantine").get(path(marsone)).status_code == 403


def test_an_agent_kept_to_activities_changes_these_alone(
    demo: Commune, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    claire = signed_in(demo, "régie", name="Claire")
    whole = claire.get(path(marsone, angeline))
    Account.objects.filter(name="Claire").update(activities=[autumn.activities[BUS_8H30]])
    cell, other = autumn.cell(BUS_8H30, JEUDI_16), autumn.cell(BUS_13H30, JEUDI_16)

    page = claire.get(path(marsone, angeline)).content.decode()

    assert box_value(cell) in page and box_value(other) not in page
    assert claire.post(path(marsone, angeline), filled(whole, tick=[other])).status_code == 403
    assert standing(angeline, other.activity_id) == []
    assert book(claire, marsone, angeline, cell).status_code == 302


def test_an_agent_of_another_school_opens_no_family_of_this_one(
    demo: Commune, autumn: Autumn, marsone: Household
) -> None:
    claire = signed_in(demo, "régie", name="Claire")
    Account.objects.filter(name="Claire").update(sites=[autumn.ce1.site_id + 1])

    assert claire.get(path(marsone)).status_code == 404


@pytest.mark.parametrize("asked", ["99999999", "abc", "9" * 40, "-1"])
def test_a_child_of_nobody_is_not_found(claire: Client, marsone: Household, asked: str) -> None:
    assert claire.get(f"/mairie/familles/{marsone.pk}/reservations/?enfant={asked}").status_code == 404


def test_another_familys_child_is_not_found(claire: Client, marsone: Household, zoe: Child) -> None:
    assert claire.get(path(marsone, zoe)).status_code == 404
    assert claire.post(path(marsone, zoe), {"vu": "", "jeton": ""}).status_code == 404


@pytest.mark.parametrize("reason", ["\x00", "é" * 201, "x" * 500_000], ids=["nul", "long", "huge"])
def test_a_reason_that_cannot_be_is_a_sentence(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child, reason: str
) -> None:
    before = written()

    answer = book(claire, marsone, angeline, autumn.cell(BUS_13H30, MARDI_7), reason=reason)

    assert answer.status_code == 400
    assert written() == before


def test_a_form_that_was_altered_changes_nothing(claire: Client, marsone: Household, angeline: Child) -> None:
    before = written()

    answer = claire.post(path(marsone, angeline), {"vu": "faux", "jeton": str(uuid.uuid4()), "jour": ["1-20141016"]})

    assert answer.status_code == 400
    assert "n'est plus valable" in read(answer)
    assert written() == before


def test_a_receipt_is_sent_to_the_family(claire: Client, autumn: Autumn, marsone: Household, angeline: Child) -> None:
    book(claire, marsone, angeline, autumn.cell(BUS_13H30, MARDI_7), reason=REASON)
    number = Receipt.objects.latest("pk").number

    answer = claire.post(f"/mairie/familles/{marsone.pk}/recus/{number}/", follow=True)

    assert "Le reçu part par e-mail" in read(answer)
    assert OutboxMessage.objects.filter(template="booking/emails/receipt").count() == 1


def test_the_page_costs_the_same_for_many_weeks_and_the_save_for_many_days(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child
) -> None:
    where = path(marsone, angeline)
    claire.get(where)
    with counted() as few:
        page = claire.get(where)
    boxes = [value for _, value in form_with(page, "vu").unticked]

    with counted() as one:
        claire.post(where, {**form_with(page, "vu").fields, "jour": boxes[:1], "motif": REASON})
    page = claire.get(where)
    with counted() as many:
        answer = claire.post(where, {**form_with(page, "vu").fields, "jour": boxes, "motif": REASON})

    assert answer.status_code == 302
    assert len(few) <= 20, str(few)
    assert len(many) <= len(one) + 1, str(many)


def test_closing_is_still_told_by_its_reason(
    claire: Client, autumn: Autumn, marsone: Household, angeline: Child, parent: Client
) -> None:
    ask(angeline, marsone, autumn.book(BUS_13H30, JEUDI_16))
    close(scope=Scope(first_day=JEUDI_16, last_day=JEUDI_16), reason="Grève", by=BY, at=NOW)

    assert "mairie : Grève" in read(parent.get("/enfants/123456/modifications/"))
