"""Absences: declared with a document, examined, told, excused for the roll and for billing; who may not."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from booking import absences, documents, roll
from booking.models import Absence, Booking
from booking.services import absences as services
from lps.accounts.models import Account
from lps.families.models import Child, Household
from lps.journal.models import AuditEntry
from notifications import facts
from notifications.models import FACTS_PURPOSE, OutboxMessage
from notifications.render import render
from tenants import keys
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.booking.october import (
    BUS_8H30,
    BUS_13H30,
    JEUDI_16,
    LUNDI_13,
    MARDI_14,
    NOW,
    Autumn,
    ask,
    paris,
)
from tests.booking.october import (
    signed_in as family_signed_in,
)
from tests.booking.pages import read
from tests.sql import counted

NEW = "/absences/nouvelle/"


def photo(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **more: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "red").save(written, format=kind, **more)
    return written.getvalue()


def located() -> bytes:
    """A photo that says where it was taken, and with what."""
    exif = Image.Exif()
    exif[0x010F] = "TELEPHONE-DE-CLAIRE"
    exif.get_ifd(0x8825)[1] = "N"
    return photo(exif=exif)


PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"


def sent(content: bytes, name: str = "certificat.jpg", kind: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


def asked(child: Child, first: date = LUNDI_13, last: date | None = None, **more: object) -> dict[str, object]:
    days = {"first_day": first.isoformat(), "last_day": last.isoformat() if last else ""}
    return {"child": child.pk, **days, "reason": "sick", **more}


def declare(client: Client, child: Child, *days: date, **more: object) -> HttpResponse:
    return client.post(NEW, asked(child, *days, **more))


@pytest.fixture
def booked(autumn: Autumn, angeline: Child, marsone: Household) -> Autumn:
    """Angéline takes two buses on Monday and one on Tuesday."""
    wishes = [*autumn.book(BUS_8H30, LUNDI_13, MARDI_14), *autumn.book(BUS_13H30, LUNDI_13)]
    assert not ask(angeline, marsone, wishes).refused
    return autumn


@pytest.fixture
def declared(booked: Autumn, parent: Client, angeline: Child) -> Absence:
    assert declare(parent, angeline, document=sent(photo())).status_code == 302
    return Absence.objects.get()


@pytest.fixture
def claire(demo: Commune, autumn: Autumn) -> Client:
    return signed_in(demo, "scolaire", name="Claire")


def answer(client: Client, absence: Absence, state: str, words: str = "", seen: str = "declared") -> HttpResponse:
    fields = {"state": state, "words": words, "seen": seen}
    return client.post(f"/mairie/absences/{absence.pk}/repondre/", fields)


def test_a_parent_declares_a_day_and_reads_the_proof(parent: Client, declared: Absence) -> None:
    page = read(parent.get(f"/absences/{declared.pk}/"))

    for words in (declared.number, "Enfant malade", "lundi 13/10/2014", "à examiner", f"{BUS_8H30}, lundi 13/10/2014"):
        assert words in page
    assert "Angéline" in read(parent.get("/absences/"))
    audit = AuditEntry.objects.get(action="absence_declared")
    assert "malade" not in str(audit.after)


def test_the_declaration_is_proved_by_an_email(parent: Client, declared: Absence, angeline: Child) -> None:
    declare(parent, angeline, LUNDI_13)  # the same again is told once

    [message] = OutboxMessage.objects.filter(template="booking/emails/absence_declared")
    mail = render(message.template, facts.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE)))
    assert declared.number in mail.text and "va l'examiner" in mail.text and "Enfant malade" not in mail.html


def test_while_the_deadline_is_not_past_the_page_says_to_cancel_instead(
    parent: Client, declared: Absence, stop_clock: Callable[[datetime], None]
) -> None:
    before = parent.get(f"/absences/{declared.pk}/")
    assert "Mieux vaut annuler ces jours" in read(before)
    assert "/enfants/123456/planning/?semaine=2014-W42" in before.content.decode()

    stop_clock(paris(LUNDI_13, 8))
    assert "Mieux vaut annuler" not in read(parent.get(f"/absences/{declared.pk}/"))


def test_the_same_declaration_twice_is_one(parent: Client, declared: Absence, angeline: Child) -> None:
    again = parent.post(NEW, asked(angeline), follow=True)

    assert "Vous aviez déjà déclaré cette absence" in read(again)
    assert Absence.objects.count() == 1


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (MARDI_14, LUNDI_13, "vient avant le premier"),
        (date(2014, 10, 18), None, "n'a aucune réservation"),
        (date(2014, 9, 7), None, "trop ancien"),
        (date(2015, 12, 1), None, "trop loin"),
        (LUNDI_13, date(2015, 3, 1), "92 jours au plus"),
        (date(2514, 1, 1), None, "entre 2000 et 2199"),
    ],
)
def test_days_that_cannot_be_are_refused_in_words(
    booked: Autumn, parent: Client, angeline: Child, first: date, last: date | None, said: str
) -> None:
    refused = parent.post(NEW, asked(angeline, first, last))

    assert refused.status_code == 400
    assert said in read(refused)
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"child": "99999999"},
        {"child": "\x00"},
        {"first_day": "32/13/2014"},
        {"first_day": "\x00"},
        {"reason": "rien"},
        {"reason": "other"},
        {"words": "x" * 400_000},
        {"words": "\x00"},
        {"activities": ["99999999"]},
        {"activities": ["1'; drop"]},
    ],
    ids=str,
)
def test_what_a_page_never_sends_is_a_sentence(
    booked: Autumn, parent: Client, angeline: Child, wrong: dict[str, object]
) -> None:
    assert parent.post(NEW, {**asked(angeline), **wrong}).status_code == 400
    assert not Absence.objects.exists()


def test_one_family_buries_nobody_elses_declarations(
    declared: Absence, parent: Client, angeline: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_WAITING", 1)

    refused = declare(parent, angeline, MARDI_14)

    assert "1 de vos déclarations attendent déjà" in refused.content.decode()
    assert list(Absence.objects.all()) == [declared]


def test_another_familys_child_is_not_in_the_list(booked: Autumn, parent: Client, zoe: Child) -> None:
    assert parent.post(NEW, asked(zoe)).status_code == 400


def test_an_absence_from_one_activity_alone(booked: Autumn, parent: Client, angeline: Child, claire: Client) -> None:
    declare(parent, angeline, activities=[booked.activities[BUS_8H30]])
    answer(claire, Absence.objects.get(), "accepted")

    found = absences.excused(first_day=LUNDI_13, last_day=JEUDI_16)

    assert [(one.activity_id, one.day) for one in found] == [(booked.activities[BUS_8H30], LUNDI_13)]


def test_an_accepted_absence_is_told_excuses_and_shows_on_the_roll(
    booked: Autumn, parent: Client, declared: Absence, claire: Client, marsone: Household
) -> None:
    held = booked.held(BUS_8H30, LUNDI_13)
    assert not roll.read(held, with_health=False).lines[0].excused
    assert absences.excused(first_day=LUNDI_13, last_day=JEUDI_16) == []

    assert answer(claire, declared, "accepted", "Bon rétablissement").status_code == 302

    assert roll.read(held, with_health=False).lines[0].excused
    found = absences.excused(first_day=LUNDI_13, last_day=JEUDI_16, households=[marsone.pk])
    assert {one.activity_id for one in found} == {booked.activities[BUS_8H30], booked.activities[BUS_13H30]}
    assert absences.excused(first_day=LUNDI_13, last_day=JEUDI_16, households=[]) == []
    assert OutboxMessage.objects.filter(template="booking/emails/absence_answered").count() == 1
    page = read(parent.get(f"/absences/{declared.pk}/"))
    assert "acceptée" in page and "Bon rétablissement" in page


def test_a_refusal_says_why_and_excuses_nothing(parent: Client, declared: Absence, claire: Client) -> None:
    assert "Écrivez à la famille pourquoi" in read(answer(claire, declared, "refused"))
    assert answer(claire, declared, "refused", "Il manque le certificat.").status_code == 302

    assert "Il manque le certificat." in read(parent.get(f"/absences/{declared.pk}/"))
    assert absences.excused(first_day=LUNDI_13, last_day=JEUDI_16) == []
    assert answer(claire, declared, "accepted", seen="refused").status_code == 302
    assert len(absences.excused(first_day=LUNDI_13, last_day=JEUDI_16)) == 2


def test_two_agents_who_answer_at_once_do_not_undo_each_other(declared: Absence, claire: Client) -> None:
    answer(claire, declared, "refused", "Non.")

    late = claire.post(
        f"/mairie/absences/{declared.pk}/repondre/", {"state": "accepted", "seen": "declared"}, follow=True
    )

    assert "a agi entre-temps" in read(late)
    declared.refresh_from_db()
    assert declared.state == "refused"


def test_a_declaration_is_taken_back_until_it_is_examined(parent: Client, declared: Absence, claire: Client) -> None:
    name = declared.document
    assert default_storage.exists(name)

    assert "retirée" in read(parent.post(f"/absences/{declared.pk}/retirer/", follow=True))
    declared.refresh_from_db()
    assert (declared.state, declared.document) == ("withdrawn", "")
    assert answer(claire, declared, "accepted").status_code == 302
    declared.refresh_from_db()
    assert declared.state == "withdrawn"


def test_an_examined_absence_is_no_longer_the_familys_to_change(
    parent: Client, declared: Absence, claire: Client
) -> None:
    answer(claire, declared, "accepted")
    before = Absence.objects.get()

    gone = parent.post(f"/absences/{declared.pk}/retirer/", follow=True)
    late = parent.post(f"/absences/{declared.pk}/justificatif/", {"document": sent(PDF)}, follow=True)

    assert "n'est plus modifiable" in read(gone) and "n'est plus modifiable" in read(late)
    after = Absence.objects.get()
    assert (after.state, after.document) == (before.state, before.document)


def test_the_document_may_come_later(booked: Autumn, parent: Client, angeline: Child) -> None:
    declare(parent, angeline)
    absence = Absence.objects.get()
    assert parent.get(f"/absences/{absence.pk}/justificatif/").status_code == 404

    parent.post(f"/absences/{absence.pk}/justificatif/", {"document": sent(PDF, "../../etc/passwd.exe", "text/html")})

    given = parent.get(f"/absences/{absence.pk}/justificatif/")
    assert given.headers["Content-Type"] == "application/pdf"
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.content == PDF
    absence.refresh_from_db()
    assert absence.document.startswith("absences/") and "passwd" not in absence.document


def test_a_photo_keeps_neither_place_nor_telephone(booked: Autumn, parent: Client, angeline: Child) -> None:
    assert b"TELEPHONE-DE-CLAIRE" in located()
    declare(parent, angeline, document=sent(located() + b"<script>alert(1)</script>PK\x03\x04"))

    kept = parent.get(f"/absences/{Absence.objects.get().pk}/justificatif/").content

    assert b"TELEPHONE" not in kept and b"script" not in kept and b"PK\x03\x04" not in kept
    with Image.open(io.BytesIO(kept)) as picture:
        assert picture.format == "JPEG" and not picture.getexif()


def zipped() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a", "a")
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (zipped(), "ni une photo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "ni une photo"),
        (b"<html>", "ni une photo"),
        (b"\xff\xd8\xff\xe0" + b"x" * 100, "ni une photo"),
        (b"%PDF-1.7 cut short", "ni une photo"),
        (b"PK" + PDF, "ni une photo"),
        (photo()[:200], "ni une photo"),
        (b"x" * (documents.MAX_BYTES + 1), "8 Mo"),
        (b"x" * 20_500_000, "8 Mo"),
        (photo("PNG", (8000, 7000)), "trop grande"),
    ],
    ids=["empty", "zip", "svg", "html", "broken", "cut pdf", "pdf behind", "cut", "8 MB", "20 MB", "bomb"],
)
def test_what_is_no_document_is_refused_and_nothing_is_kept(
    booked: Autumn, parent: Client, angeline: Child, content: bytes, said: str
) -> None:
    before = default_storage.listdir("absences")[1]

    refused = declare(parent, angeline, document=sent(content, "certificat.pdf", "application/pdf"))

    assert refused.status_code == 400
    assert said in read(refused)
    assert not Absence.objects.exists()
    assert default_storage.listdir("absences")[1] == before


def test_a_photo_that_the_browser_did_not_keep_is_asked_for_again(
    booked: Autumn, parent: Client, angeline: Child
) -> None:
    again = "Choisissez-le de nouveau : le navigateur ne l'a pas gardé."

    mended = parent.post(NEW, asked(angeline, reason="", document=sent(photo())))
    of_no_day = parent.post(NEW, asked(angeline, date(2014, 10, 11), document=sent(photo())))
    without = parent.post(NEW, asked(angeline, reason=""))

    assert [again in read(page) for page in (mended, of_no_day, without)] == [True, True, False]
    assert not Absence.objects.exists()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_pictures_of_every_kind_become_photos(kind: str) -> None:
    kept = documents.received(photo(kind, (5000, 100)))

    with Image.open(io.BytesIO(kept.content)) as picture:
        assert (picture.format, picture.size[0]) == ("JPEG", documents.MAX_SIDE)


def test_nobody_else_reaches_a_document(
    demo: Commune, declared: Absence, stranger: Household, zoe: Child, claire: Client
) -> None:
    path = f"/absences/{declared.pk}/justificatif/"
    neighbor = family_signed_in(stranger, zoe)

    assert neighbor.get(path).status_code == 404
    assert neighbor.get(f"/absences/{declared.pk}/").status_code == 404
    assert neighbor.post(f"/absences/{declared.pk}/retirer/").status_code == 404
    assert neighbor.post(path, {"document": sent(PDF)}).status_code == 404
    assert Client(headers={"host": "demo.localhost"}).get(path).status_code == 302
    assert claire.get(f"/mairie{path}").status_code == 200
    assert AuditEntry.objects.get(action="absence_document_read").actor_label == "Claire"


@pytest.mark.parametrize(("role", "reads", "answers"), [
    ("scolaire", 200, 302),
    ("régie", 200, 302),
    ("animation", 200, 403),
    ("cantine", 403, 403),
    ("lecture", 403, 403),
])  # fmt: skip
def test_who_reads_and_who_answers(
    demo: Commune, declared: Absence, marsone: Household, role: str, reads: int, answers: int
) -> None:
    agent = signed_in(demo, role)

    page = agent.get(f"/mairie/absences/{declared.pk}/")
    assert page.status_code == agent.get("/mairie/absences/").status_code == reads
    assert ("repondre/" in page.content.decode()) is (answers == 302)
    assert answer(agent, declared, "accepted").status_code == answers
    noted = agent.post(f"/mairie/familles/{marsone.pk}/absences/noter/", {})
    assert noted.status_code == (400 if answers == 302 else 403)


def test_the_rail_counts_those_to_examine(demo: Commune, declared: Absence, claire: Client) -> None:
    assert "Absences 1" in read(claire.get("/mairie/absences/"))
    answer(claire, declared, "accepted")
    assert "Absences 1" not in read(claire.get("/mairie/absences/"))
    assert "Angéline" in read(claire.get("/mairie/absences/?etat=examinees"))


def test_an_agent_kept_elsewhere_sees_none(demo: Commune, booked: Autumn, declared: Absence, claire: Client) -> None:
    Account.objects.filter(name="Claire").update(sites=[booked.ce1.site_id + 1])

    assert "Angéline" not in read(claire.get("/mairie/absences/"))
    assert claire.get(f"/mairie/absences/{declared.pk}/").status_code == 404
    assert claire.get(f"/mairie/absences/{declared.pk}/justificatif/").status_code == 404
    assert answer(claire, declared, "accepted").status_code == 404


def test_an_agent_kept_to_an_activity_answers_for_it_alone(
    booked: Autumn, declared: Absence, claire: Client, parent: Client, angeline: Child
) -> None:
    Account.objects.filter(name="Claire").update(activities=[booked.activities[BUS_13H30]])
    assert answer(claire, declared, "accepted").status_code == 403
    declare(parent, angeline, activities=[booked.activities[BUS_8H30]])
    declare(parent, angeline, activities=[booked.activities[BUS_13H30]])
    other, own = Absence.objects.exclude(pk=declared.pk).order_by("pk")

    assert claire.get(f"/mairie/absences/{other.pk}/").status_code == 404
    assert answer(claire, own, "accepted").status_code == 302


def test_an_agent_notes_an_absence_for_a_family_that_telephones(
    booked: Autumn, claire: Client, marsone: Household, angeline: Child, parent: Client
) -> None:
    fields = {**asked(angeline, words="la maman a appelé"), "accepted": "on"}

    answered = claire.post(f"/mairie/familles/{marsone.pk}/absences/noter/", fields, follow=True)

    assert "L'absence est notée" in read(answered)
    noted = Absence.objects.get()
    assert (noted.channel, noted.state, noted.answered_by) == ("office", "accepted", "Claire")
    assert "acceptée" in read(parent.get("/absences/"))


def test_two_declarations_at_once_are_one(booked: Autumn, angeline: Child, marsone: Household) -> None:
    wish = services.Asked(first_day=LUNDI_13, last_day=LUNDI_13, activities=[], reason="Enfant malade")

    def once() -> services.Declared:
        from lps.families.identity import actor_of

        return services.declare(
            child=angeline, household=marsone, asked=wish, by=actor_of(marsone), channel="web", at=NOW
        )

    assert [once().again, once().again] == [False, True]


def test_documents_go_sixty_days_after_the_answer(
    parent: Client, declared: Absence, claire: Client, booked: Autumn
) -> None:
    name = declared.document
    assert services.forget_documents(now=NOW + timedelta(days=400)) == 0
    answer(claire, declared, "accepted")

    assert services.forget_documents(now=NOW + timedelta(days=59)) == 0
    assert services.forget_documents(now=NOW + timedelta(days=61)) == 1
    assert not default_storage.exists(name)
    declared.refresh_from_db()
    assert (declared.document, declared.state) == ("", "accepted")


def test_a_familys_own_data_holds_its_absences(parent: Client, declared: Absence) -> None:
    written = parent.get("/donnees-personnelles/export.json").content.decode()

    assert declared.number in written and "Enfant malade" in written


def test_the_queue_costs_the_same_for_many(
    booked: Autumn, claire: Client, declared: Absence, angeline: Child, marsone: Household
) -> None:
    claire.get("/mairie/absences/")
    with counted() as one:
        claire.get("/mairie/absences/")
    Absence.objects.bulk_create(
        Absence(
            child=angeline, household=marsone, first_day=LUNDI_13, last_day=LUNDI_13, reason="x",
            declared_at=NOW, channel="web",
        )
        for _ in range(80)
    )  # fmt: skip
    with counted() as many:
        page = claire.get("/mairie/absences/")

    assert len(many) == len(one), str(many)
    assert "Page 1 sur 2" in read(page)
    assert Booking.objects.standing().exists()
