"""What a town decides of its portal: by administrators alone, tried before it is kept, each change told."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lps.journal.models import AuditEntry
from lps.office.views.appearance import read
from lps.ui import colors
from tenants.models import Commune
from tenants.town import queries
from tenants.town.models import TownSettings
from tenants.town.services import change_settings
from tests.accounts.factories import browser
from tests.office.pages import signed_in, text
from tests.sql import counted

INDEX = "/mairie/reglages/"
CONTACTS, PORTAL, ACCESS = f"{INDEX}contacts/", f"{INDEX}portail/", f"{INDEX}connexion/"
LOOK, LOGO = f"{INDEX}apparence/", f"{INDEX}apparence/logo/"


@pytest.fixture
def client(in_demo: Commune) -> Client:
    return signed_in(in_demo)


@pytest.fixture
def no_file_left(in_demo: Commune) -> Iterator[None]:
    """Files are not undone with the transaction of a test, of this one or of others."""
    forget_pictures()
    yield
    forget_pictures()


def forget_pictures() -> None:
    for name in default_storage.listdir("town")[1]:
        default_storage.delete(f"town/{name}")


def now() -> TownSettings:
    return TownSettings.objects.get(pk=1)


def entries() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action="settings_changed", actor_kind="agent").order_by("pk"))


def picture(kind: str = "PNG") -> SimpleUploadedFile:
    drawn = BytesIO()
    Image.new("RGB", (40, 40), "navy").save(drawn, kind)
    return SimpleUploadedFile("logo.png", drawn.getvalue())


def seen(client: Client, path: str, **changed: object) -> dict[str, object]:
    """The form of a page with what it shows, but for what is changed."""
    form = client.get(path).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    initial = {f"initial-{name}": value for name, value in shown.items()}
    sent = {**initial, **shown, **changed}
    return {name: value for name, value in sent.items() if value not in (None, False, "")}


def test_contacts_are_what_families_read(client: Client, in_demo: Commune) -> None:
    answer = client.post(
        CONTACTS, seen(client, CONTACTS, contact_name="Le guichet", contact_phone="01 30 98 10 78"), follow=True
    )

    assert "C'est enregistré" in text(answer)
    page = text(browser(in_demo).get("/aide/"))
    assert "Le guichet" in page and "01 30 98 10 78" in page
    (entry,) = entries()
    assert entry.after["contact_name"] == "Le guichet" and entry.actor_label == "Claire RÉGIE"


def test_somebody_elses_change_is_not_undone(client: Client) -> None:
    sent = seen(client, CONTACTS, contact_name="Le guichet")
    change_settings(contact_hours="le matin", contact_phone="01 02 03 04 05")

    client.post(CONTACTS, sent)

    assert (now().contact_name, now().contact_hours, now().contact_phone) == (
        "Le guichet",
        "le matin",
        "01 02 03 04 05",
    )


def test_the_words_of_the_town_are_formatted_and_harmless(client: Client, in_demo: Commune) -> None:
    client.post(PORTAL, seen(client, PORTAL, help_words="# Cantine\n\n**Menu** <script>x</script>", weeks_shown=6))

    page = text(browser(in_demo).get("/aide/"))
    assert "<h2>Cantine</h2>" in page and "<strong>Menu</strong>" in page and "<script>x" not in page
    assert now().weeks_shown == 6


def test_nothing_changed_writes_nothing(client: Client) -> None:
    for path in (CONTACTS, PORTAL, ACCESS):
        assert client.post(path, seen(client, path)).status_code == 302

    assert entries() == []


@pytest.mark.parametrize(
    ("path", "wrong", "sentence"),
    [
        (CONTACTS, {"contact_phone": "appelez-nous"}, "n'est pas un numéro de téléphone"),
        (CONTACTS, {"contact_email": "mairie"}, "n'est pas complète"),
        (CONTACTS, {"contact_name": "x" * 121}, "120"),
        (CONTACTS, {"contact_name": "a\x00"}, "caractère"),
        (PORTAL, {"weeks_shown": "11"}, "10"),
        (PORTAL, {"weeks_shown": "deux"}, "nombre"),
        (PORTAL, {"offer_hours": "0"}, "1"),
        (PORTAL, {"tabs": []}, "Gardez au moins un onglet"),
        (PORTAL, {"tabs": ["inconnu"]}, "inconnu"),
        (ACCESS, {"child_code_length": "5"}, "6"),
        (ACCESS, {"session_minutes": "1"}, "5"),
        (ACCESS, {"session_minutes": "99999999999999999999"}, "240"),
        (LOOK, {"couleur": "rouge"}, "s'écrit comme #0b5a7a"),
        (LOOK, {"couleur": "#12345678"}, "7"),
        (LOOK, {"couleur": ""}, "Choisissez une couleur"),
    ],
)
def test_a_mistake_is_told_and_nothing_changes(
    client: Client, path: str, wrong: dict[str, object], sentence: str
) -> None:
    before = now()

    answer = client.post(path, {**seen(client, path), **wrong})

    assert answer.status_code == 200 and sentence in text(answer) and 'id="erreurs"' in text(answer)
    assert now().version == before.version and entries() == []


def test_a_colour_is_tried_before_it_is_kept(client: Client) -> None:
    color = now().color

    page = text(client.get(LOOK, {"couleur": "#ffcc00"}))

    assert "Garder cette couleur" in page and "Telle quelle, cette couleur se lirait mal" in page
    assert colors.light("#ffcc00").commune in page and "1,5" in page
    assert now().color == color
    client.post(LOOK, {"couleur": "#FC0"})
    assert now().color == "#ffcc00"
    assert "--commune" in client.get("/theme.css").content.decode()


def test_the_sample_colors_itself_alone(client: Client) -> None:
    css = client.get(f"{LOOK}essai.css", {"couleur": "#ffcc00"})

    assert css["Content-Type"].startswith("text/css")
    assert ":root" not in css.content.decode() and ".sample{" in css.content.decode()
    assert client.get(f"{LOOK}essai.css", {"couleur": "}body{"}).status_code == 400


@given(st.integers(0, 0xFFFFFF))
def test_whatever_the_colour_what_is_read_has_contrast(value: int) -> None:
    color = f"#{value:06x}"

    found = read(color)

    assert min(found.day_contrast, found.night_contrast) >= colors.CONTRAST
    assert found.is_kept == (found.color == found.day)
    assert found.is_kept or found.day_contrast >= found.contrast
    assert 1 <= found.contrast <= 21


def test_a_logo_is_looked_at_kept_and_removed(client: Client, no_file_left: None) -> None:
    page = text(client.post(LOGO, {"logo": picture()}, follow=True))
    assert "Garder ce logo" in page and now().logo == ""
    assert client.get(f"{LOGO}essai/")["Content-Type"] == "image/png"

    page = text(client.post(f"{LOGO}garder/", follow=True))
    assert "Le logo est en place" in page and now().logo != ""
    assert client.get(f"{LOGO}essai/").status_code == 404

    client.post(f"{LOGO}retirer/")
    assert now().logo == ""
    assert [bool(entry.after["logo"]) for entry in entries()] == [True, False]


def test_another_picture_takes_the_place_of_the_one_looked_at(client: Client, no_file_left: None) -> None:
    for kind in ("PNG", "WEBP"):
        client.post(LOGO, {"logo": picture(kind)})

    assert len(default_storage.listdir("town")[1]) == 1
    assert client.get(f"{LOGO}essai/")["Content-Type"] == "image/webp"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "n'est pas une image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "n'est pas une image"),
        (b"GIF89a", "n'est pas une image"),
        (b"x" * 1_000_001, "trop lourde"),
    ],
)
def test_what_is_no_logo_is_refused(client: Client, in_demo: Commune, content: bytes, sentence: str) -> None:
    answer = client.post(LOGO, {"logo": SimpleUploadedFile("logo.png", content)})

    assert answer.status_code == 400 and sentence in text(answer)
    assert now().logo == ""


def test_only_administrators_decide(in_demo: Commune) -> None:
    client = signed_in(in_demo, "scolaire", "régie", "cantine", "animation", "lecture")

    doors = (INDEX, CONTACTS, PORTAL, ACCESS, LOOK, LOGO, f"{LOGO}garder/", f"{LOGO}retirer/")
    answers = [client.get(INDEX), *(client.post(door, {"contact_name": "x", "couleur": "#123456"}) for door in doors)]

    assert {answer.status_code for answer in answers} == {403, 405} and answers[0].status_code == 403
    assert entries() == [] and queries.settings().contact_name != "x"


def test_the_history_names_who_changed_what(client: Client) -> None:
    client.post(PORTAL, seen(client, PORTAL, weeks_shown=6))

    page = text(client.get(INDEX))

    assert "Claire RÉGIE" in page and "Semaines affichées" in page


def test_a_page_and_a_save_cost_the_same_whatever_the_history(client: Client) -> None:
    client.get(INDEX)
    with counted() as page:
        client.get(INDEX)
    for weeks in (3, 5, 6, 7, 8):
        client.post(PORTAL, seen(client, PORTAL, weeks_shown=weeks))
    with counted() as longer:
        client.get(INDEX)
    sent = seen(client, PORTAL, weeks_shown=9)
    with counted() as save:
        client.post(PORTAL, sent)

    assert len(page) == len(longer) <= 7
    assert len(save) <= 12, str(save)
