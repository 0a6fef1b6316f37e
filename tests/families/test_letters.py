"""The codes' letters: one page a family, one file a class, by the names; accessible; who may print them."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfReader

from lps.families import tasks
from lps.families.models import Child, Household, LettersBatch, SchoolClass
from lps.families.queries.letters import letters_of_class
from lps.families.queries.school import classes_to_come
from lps.families.services import NewChild, imports, letters, share_child
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.long_work import TRIES
from tenants.models import Commune
from tests.booking.agents import signed_in
from tests.families.factories import ALWAYS, BY, household
from tests.families.test_importing import LEA, as_csv
from tests.screens.reading import words

NADIA = Actor(ActorKind.AGENT, "1", "Nadia")


@pytest.fixture
def ce1(in_demo: Commune) -> SchoolClass:
    return SchoolClass.objects.get(name="CE1", school_year__during__contains=clock.today(in_demo.zone))


def read(batch: LettersBatch, rank: int = 0) -> PdfReader:
    with default_storage.open(batch.files[rank]["file"]) as file:
        return PdfReader(BytesIO(file.read()))


def drawn(batch: LettersBatch) -> LettersBatch:
    tasks.draw_letters.run()
    batch.refresh_from_db()
    return batch


def test_a_class_has_a_page_a_family_in_the_order_of_names(in_demo: Commune, ce1: SchoolClass) -> None:
    for name in ("ZOLA", "ABEL"):
        household(name=name, children=[NewChild(first_name="Zoé", last_name=name, school_class=ce1)])

    batch = drawn(letters.ask_for_classes(classes=[ce1.pk], by=NADIA))

    pages = [page.extract_text() for page in read(batch).pages]
    assert [next(name for name in ("ABEL", "MARSONE", "ZOLA") if name in page) for page in pages] == [
        "ABEL",
        "MARSONE",
        "ZOLA",
    ]
    assert batch.state == "done"


def test_the_letter_says_the_codes_of_all_the_familys_children(in_demo: Commune) -> None:
    home = Household.objects.get(name="MARSONE")

    text = read(letters.print_for_household(household=home, by=NADIA)).pages[0].extract_text()

    said = (
        "654321",
        "123456",
        "Angéline MARSONE",
        "123457",
        "Bertrand MARSONE",
        "demo.localhost",
        "Mme Claire MARSONE",
    )
    assert [one for one in said if one not in text] == []


def test_a_child_of_two_households_carries_two_letters(in_demo: Commune, ce1: SchoolClass) -> None:
    father = household(name="DUPONT")
    share_child(
        child=Child.objects.get(first_name="Angéline"), household=father, custody=ALWAYS, by=BY, channel=Channel.OFFICE
    )

    found = letters_of_class(ce1.pk, day=clock.today(in_demo.zone))

    assert sorted(letter.household.name for letter in found) == ["DUPONT", "MARSONE"]
    assert {letter.pupil for letter in found} == {"Angéline MARSONE"}


def test_it_is_accessible_and_in_french(in_demo: Commune) -> None:
    home = Household.objects.get(name="MARSONE")

    pdf = read(letters.print_for_household(household=home, by=NADIA))

    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "fr"
    assert "pdfuaid" in root["/Metadata"].get_data().decode()
    assert pdf.metadata.title.startswith("Vos codes")


def test_two_workers_draw_a_batch_once(in_demo: Commune, ce1: SchoolClass) -> None:
    batch = letters.ask_for_classes(classes=[ce1.pk], by=NADIA)

    assert (letters.draw_asked(), letters.draw_asked()) == (1, 0)
    batch.refresh_from_db()
    assert len(batch.files) == 1


def test_a_worker_draws_a_class_a_turn_in_the_order_of_schools(in_demo: Commune) -> None:
    day = clock.today(in_demo.zone)
    classes = [one for one in classes_to_come(day) if letters_of_class(one.pk, day=day)][:3]
    assert len(classes) > 1
    batch = letters.ask_for_classes(classes=[one.pk for one in reversed(classes)], by=NADIA)

    for turn, school_class in enumerate(classes, 1):
        assert letters.draw_asked() == 1
        batch.refresh_from_db()
        assert (batch.done, batch.waits) == (turn, turn < len(classes))
        assert batch.files[-1]["label"].endswith(str(school_class))

    assert letters.draw_asked() == 0


def test_letters_that_stop_their_workers_are_given_up_and_keep_the_files_before(
    in_demo: Commune, ce1: SchoolClass
) -> None:
    batch = letters.ask_for_classes(classes=[ce1.pk], by=NADIA)
    kept = [{"file": "letters/x.pdf", "label": "CP", "pages": 1}]
    LettersBatch.objects.update(state="drawing", tries=TRIES, files=kept)

    assert letters.draw_asked() == 0

    batch.refresh_from_db()
    assert (batch.state, batch.files) == ("failed", kept)


def test_a_family_whose_letter_fails_leaves_nothing(in_demo: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_letters: object) -> bytes:
        raise RuntimeError("paper jam")

    monkeypatch.setattr(letters, "draw", broken)

    with pytest.raises(RuntimeError):
        letters.print_for_household(household=Household.objects.get(name="MARSONE"), by=NADIA)

    assert not LettersBatch.objects.exists()
    assert not AuditEntry.objects.filter(action="letters_asked").exists()


def test_a_failure_is_told_to_the_agent(in_demo: Commune, ce1: SchoolClass, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_letters: object) -> bytes:
        raise RuntimeError("paper jam")

    monkeypatch.setattr(letters, "draw", broken)
    batch = letters.ask_for_classes(classes=[ce1.pk], by=NADIA)

    with pytest.raises(RuntimeError):
        letters.draw_asked()

    batch.refresh_from_db()
    assert batch.state == "failed"


def test_an_agent_imports_a_school_and_prints_codes_with_which_a_parent_signs_in(in_demo: Commune) -> None:
    nadia = signed_in(in_demo, "scolaire")
    sent = nadia.post("/mairie/familles/imports/", {"fichier": SimpleUploadedFile("f.csv", as_csv(LEA))}, follow=True)
    assert "Nouveaux enfants 1" in words(sent.content.decode())
    [(path, _status)] = sent.redirect_chain
    nadia.post(f"{path}accepter/")
    imports.write_accepted()
    assert "L'import est terminé." in words(nadia.get(path).content.decode())

    school_class = SchoolClass.objects.get(site__name="École des Tilleuls")
    asked = nadia.post("/mairie/familles/lettres/", {"classe": school_class.pk}, follow=True).content.decode()
    assert "En préparation" in asked and "ui/following.js" in asked
    tasks.draw_letters.run()
    assert "ui/following.js" not in nadia.get("/mairie/familles/lettres/").content.decode()
    batch = LettersBatch.objects.get()
    paper = nadia.get(f"/mairie/familles/lettres/{batch.pk}/0.pdf")
    text = PdfReader(BytesIO(paper.content)).pages[0].extract_text()

    home = Household.objects.get(name="MARTIN")
    child = Child.objects.get(custodies__household=home)
    assert home.family_code in text and child.child_code in text
    assert AuditEntry.objects.filter(action="letters_read", actor_label="Nadia").exists()
    assert _sign_in(child.child_code, home.family_code) == f"/enfants/{child.child_code}/planning/"


def _sign_in(child_code: str, family_code: str) -> str:
    parent = Client(headers={"host": "demo.localhost"})
    return parent.post("/", {"child_code": child_code, "family_code": family_code}).headers["Location"]


@pytest.mark.parametrize("role", ["cantine", "animation", "régie", "lecture"])
def test_other_roles_neither_import_nor_print(in_demo: Commune, role: str) -> None:
    agent = signed_in(in_demo, role)

    for path in ("imports/", "imports/modele.xlsx", "lettres/"):
        assert agent.get(f"/mairie/familles/{path}").status_code == 403
