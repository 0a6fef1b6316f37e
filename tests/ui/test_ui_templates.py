import re
import subprocess
from pathlib import Path

import pytest
from styleguide import MISSING, PAGES, ROOT, VARIANTS, engine, render, render_bare, request

REPOSITORY = ROOT.parents[2]
OWN = sorted(str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html"))
ERRORS = ("400", "403", "403_csrf", "404", "405", "429", "500")

INLINE = re.compile(
    r"\sstyle\s*=|<style\b|\son[a-z]+\s*=\s*[\"']|href\s*=\s*[\"']javascript:|<script(?![^>]*\ssrc=)", re.I
)
THIRD_PARTY = re.compile(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=[\"'](?:https?:)?//", re.I)
LOOSE_SPACE = re.compile(r" [:;?!»€](?=[\s\"'<]|$)|« ")
FOCUSED = re.compile(r"<[^<>]* data-focus\b[^<>]*>")
SENTENCE = re.compile(r"{% (?:block)?trans(?:late)? ([\"'])(.*?)\1")


def pages_of_the_repository() -> list[Path]:
    """Every template shown in a browser: mails and printed papers have rules of their own."""
    asked = ["git", "ls-files", "-co", "--exclude-standard", "*.html"]
    listed = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, check=True).stdout.decode().splitlines()
    paths = [REPOSITORY / name for name in listed if "/emails/" not in name and "/templates/" in name]
    return [path for path in paths if path.exists()]


@pytest.mark.parametrize("name", OWN)
def test_compiles(name: str) -> None:
    assert engine.get_template(name)


def test_no_page_carries_style_or_script_or_calls_elsewhere() -> None:
    found = {
        str(path.relative_to(REPOSITORY)): match.group().strip()
        for path in pages_of_the_repository()
        for match in [INLINE.search(path.read_text()) or THIRD_PARTY.search(path.read_text())]
        if match
    }

    assert found == {}


def test_what_takes_the_focus_takes_it_without_script_too() -> None:
    torn = {
        f"{path.relative_to(REPOSITORY)}: {tag}"
        for path in pages_of_the_repository()
        for tag in FOCUSED.findall(path.read_text())
        if 'tabindex="-1"' not in tag or " autofocus" not in tag
    }

    assert torn == set()


@pytest.mark.parametrize(
    "source",
    [
        '<p style="color:red">',
        "<style>p{}</style>",
        "<script>a()</script>",
        '<b onclick="a()">',
        '<img src="//x.fr/a">',
    ],
)
def test_the_search_finds_what_it_is_for(source: str) -> None:
    assert INLINE.search(source) or THIRD_PARTY.search(source)


def test_french_signs_are_never_torn_from_their_word() -> None:
    loose = {
        f"{path.relative_to(REPOSITORY)}: {sentence}"
        for path in pages_of_the_repository()
        if path.is_relative_to(ROOT)
        for _, sentence in SENTENCE.findall(path.read_text())
        if LOOSE_SPACE.search(sentence)
    }

    assert loose == set()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("page", PAGES)
def test_sample_pages_miss_nothing(page: str, variant: str) -> None:
    html = render(page, variant=variant)

    assert MISSING not in html
    assert not INLINE.search(html)


@pytest.mark.parametrize("name", ERRORS)
def test_error_pages_stand_without_anything(name: str) -> None:
    alone = render_bare(f"{name}.html", asked=None)
    in_a_town = render_bare(f"{name}.html", asked=request())

    assert MISSING not in alone + in_a_town
    assert '<html lang="fr">' in alone
    assert 'href="/"' in alone


@pytest.mark.parametrize("name", ["500", "503"])
def test_the_pages_of_last_resort_call_no_tag(name: str) -> None:
    assert "{" not in (ROOT / f"templates/{name}.html").read_text()


def test_the_footer_is_the_published_one() -> None:
    text = re.sub(r"<[^>]+>", "", render("styleguide_home"))

    assert (
        "Les Parents Services est une solution Mezcaltto - logiciel de gestion et réservation cantine, garderie, "
        "centre de loisirs, internet et serveur vocal - Contactez-nous"
    ) in text


def test_leaving_is_a_protected_form() -> None:
    html = render("styleguide")

    assert '<form method="post" action="/deconnexion/"><input type="hidden" name="csrfmiddlewaretoken"' in html
    assert '<form method="post" action="/mairie/deconnexion/"><input type="hidden"' in render("styleguide_office")


def test_the_title_says_that_something_is_to_correct() -> None:
    assert "<title>Erreur\u00a0: Règlement de mes factures - Ville de Buchelay</title>" in render(
        "styleguide_pieces", variant="errors"
    )
    assert "<title>Règlement de mes factures - Ville de Buchelay</title>" in render("styleguide_pieces")


def test_the_moved_clock_is_announced() -> None:
    assert "Horloge de démonstration\u00a0: mercredi 08/10/2014, 13h20" in render("styleguide", variant="errors")
    assert "Horloge de démonstration" not in render("styleguide")


def test_a_cell_says_its_state_in_words() -> None:
    html = render("styleguide")

    assert "Transport scolaire 8h30, jeudi 9 octobre </span>" in html
    assert "réservé, date limite passée" in html and "non réservé, date limite passée" in html
    assert "pas de service" in html and "complet" in html
    assert "réservé par l&#x27;autre foyer" in html
