"""The town's logo: made again by us, kept in the commune's files, shown to everyone."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test import Client
from PIL import Image, ImageFile, PngImagePlugin
from pytest_django import DjangoCaptureOnCommitCallbacks, DjangoDbBlocker

from lps.console.services import Identity, create_commune, drop_commune
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context
from tenants.models import Commune
from tenants.town import queries
from tenants.town.pictures import MAX_BYTES, MAX_SIDE, PictureRefused, redrawn
from tenants.town.services import remove_logo, save_logo
from tenants.town.views import logo_address

HOST = "demo.localhost"
RED = (200, 20, 30)


def picture(kind: str = "PNG", *, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    written = BytesIO()
    Image.new(mode, size, RED if mode == "RGB" else 1).save(written, format=kind, **options)  # type: ignore[arg-type]
    return written.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


@pytest.fixture
def no_logo_left(in_demo: Commune) -> Iterator[None]:
    """Files are not undone with the transaction of a test, of this one or of others."""
    forget_pictures()
    yield
    forget_pictures()


def forget_pictures() -> None:
    for name in default_storage.listdir("town")[1]:
        default_storage.delete(f"town/{name}")


@pytest.mark.parametrize(("kind", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
def test_is_encoded_again_in_its_own_format(kind: str, extension: str) -> None:
    made = redrawn(picture(kind))

    assert made.extension == extension
    assert (opened(made.content).format, opened(made.content).size) == (kind, (40, 20))


@pytest.mark.parametrize("mode", ["P", "L", "LA", "1", "I;16"])
def test_every_way_of_storing_colors_is_read(mode: str) -> None:
    assert opened(redrawn(picture(mode=mode)).content).mode == "RGBA"


def test_what_hides_beside_the_picture_is_dropped() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    exif = Image.Exif()
    exif[0x010E] = "prise par Angéline"

    for made in (redrawn(picture(pnginfo=notes) + b"<script>"), redrawn(picture("JPEG", exif=exif))):
        assert b"script" not in made.content and b"prise par" not in made.content


def test_a_photograph_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter

    assert opened(redrawn(picture("JPEG", exif=exif)).content).size == (20, 40)


def test_a_large_picture_is_made_smaller_in_proportion() -> None:
    assert opened(redrawn(picture(size=(3000, 1500))).content).size == (MAX_SIDE, MAX_SIDE // 2)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "not_a_picture"),
        (picture("GIF"), "not_a_picture"),
        (picture()[:-40], "not_a_picture"),
        (picture("JPEG")[:200], "not_a_picture"),
        (picture("WEBP")[:-20], "not_a_picture"),
        (picture(size=(5000, 4000)), "too_large"),
        (picture(size=(20000, 20000), mode="1"), "too_large"),
        (b"\x89PNG" + b"\0" * MAX_BYTES, "too_heavy"),
    ],
)
def test_refuses_what_is_no_reasonable_picture(content: bytes, code: str) -> None:
    with pytest.raises(PictureRefused) as refused:
        redrawn(content)

    assert refused.value.refusal.code == code


def test_refuses_half_a_picture_after_a_pdf_was_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it

    with pytest.raises(PictureRefused):
        redrawn(picture(size=(400, 200))[:-40])


def test_anyone_sees_it_and_may_keep_it_under_its_own_address(no_logo_left: None, client: Client) -> None:
    save_logo(content=picture())

    answer = client.get(logo_address(), headers={"host": HOST})

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert opened(answer.content).size == (40, 20)
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not answer.cookies


@pytest.mark.parametrize("address", ["/logo", "/logo?v=ancienne"])
def test_under_another_address_a_browser_asks_again(no_logo_left: None, client: Client, address: str) -> None:
    save_logo(content=picture())

    first = client.get(address, headers={"host": HOST})
    again = client.get(address, headers={"host": HOST, "if-none-match": first["ETag"]})

    assert first["Cache-Control"] == "public, no-cache"
    assert (again.status_code, again.content) == (304, b"")


def test_none_is_a_plain_404(in_demo: Commune, client: Client) -> None:
    answer = client.get("/logo", headers={"host": HOST})

    assert (answer.status_code, answer["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert logo_address() == ""


def test_a_lost_file_is_a_404_and_said_in_the_log(
    no_logo_left: None, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    _, after = save_logo(content=picture())
    default_storage.delete(after["logo"])

    assert client.get("/logo", headers={"host": HOST}).status_code == 404
    assert "is lost" in caplog.text


def test_another_communes_logo_is_not_shown(no_logo_left: None, buchelay: Commune, client: Client) -> None:
    save_logo(content=picture())

    assert client.get(logo_address(), headers={"host": "buchelay.localhost"}).status_code == 404


def test_each_logo_has_its_address_and_the_old_file_goes_after_the_commit(
    no_logo_left: None, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    _, first = save_logo(content=picture())
    address = logo_address()

    with django_capture_on_commit_callbacks(execute=True):
        before, after = save_logo(content=picture())
        assert default_storage.exists(first["logo"])

    assert (before["logo"], after["logo"] != first["logo"]) == (first["logo"], True)
    assert not default_storage.exists(first["logo"])
    assert default_storage.exists(after["logo"])
    assert logo_address() != address


def test_a_refused_picture_changes_nothing(no_logo_left: None) -> None:
    save_logo(content=picture())
    shown = queries.settings().logo

    with pytest.raises(PictureRefused):
        save_logo(content=b"pas une image")

    assert queries.settings().logo == shown
    assert default_storage.listdir("town")[1] == [shown.removeprefix("town/")]


def test_removed_it_is_no_longer_shown(
    no_logo_left: None, client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    save_logo(content=picture())

    with django_capture_on_commit_callbacks(execute=True):
        remove_logo()

    assert client.get("/logo", headers={"host": HOST}).status_code == 404
    assert default_storage.listdir("town")[1] == []


@pytest.fixture
def own_commune(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Commune]:
    """A commune for this test alone, in which transactions really commit."""
    identity = Identity(slug="blason", header_name="Ville de Blason", place_name="Blason")
    with django_db_blocker.unblock():
        commune = create_commune(identity=identity, by=Actor.system("test"), channel=Channel.AUTOMATIC)
        try:
            yield commune
        finally:
            drop_commune(slug=commune.slug)
            connection.close()


def test_a_rollback_keeps_the_old_one_and_a_commit_outside_of_the_commune_forgets_it(own_commune: Commune) -> None:
    with context.use(own_commune):
        _, first = save_logo(content=picture())
        with transaction.atomic():
            save_logo(content=picture())
            transaction.set_rollback(True)
    with context.use(own_commune):
        assert queries.logo() is not None
        assert queries.settings().logo == first["logo"]

    with transaction.atomic():
        with context.use(own_commune):
            save_logo(content=picture())
        assert context.current_or_none() is None

    with context.use(own_commune):
        assert not default_storage.exists(first["logo"])
        assert queries.logo() is not None
