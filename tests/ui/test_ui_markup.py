"""What agents write for families becomes paragraphs, lists and links, and never anything else."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lps.ui.markup import is_safe, plain, rendered

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "h3"}
ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\\javascript:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "<javascript:alert(1)>",
    '[x](https://a.fr "\\" onmouseover=alert(1) x=\\"")',
    'https://a.fr/"onmouseover=alert(1)',
    "https://a.fr/'><script>alert(1)</script>",
    "![x](javascript:alert(1))",
    "[<img src=x onerror=alert(1)>](https://a.fr)",
    "**<b onclick=alert(1)>**",
    "\x00<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)


class Seen(HTMLParser):
    """The tags, the attributes and the addresses of a page, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href"]


def assert_harmless(html: str) -> None:
    seen = Seen(html)
    assert seen.tags <= TAGS
    assert seen.attributes <= {"href", "title", "start"}
    assert [one for one in seen.addresses if not re.match(r"(https?://|mailto:|tel:|[^:]*$|[/?#])", one, re.I)] == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_a_text(attack: str) -> None:
    assert_harmless(rendered(attack, headings=3))
    assert "javascript:" not in "".join(Seen(rendered(attack)).addresses)


@given(
    st.lists(
        st.one_of(st.sampled_from(ATTACKS), st.sampled_from(list("*_[]()<>\\ \n-#&;:/\"'1.")), st.text(max_size=8))
    )
)
def test_whatever_is_written_is_harmless(pieces: list[str]) -> None:
    assert_harmless(rendered("".join(pieces), headings=3))


def test_a_plain_text_keeps_its_paragraphs_and_lines() -> None:
    html = rendered("Madame, Monsieur,\nChers Buchelois,\n\nBienvenue & bonne rentrée !")

    assert html == "<p>Madame, Monsieur,<br>\nChers Buchelois,</p>\n<p>Bienvenue &amp; bonne rentrée !</p>\n"


def test_signs_become_bold_italics_lists_and_links() -> None:
    html = rendered("**Grève** *mardi* :\n- cantine fermée\n- bus [ici](/aide/)\n\n1. un\n2. deux")

    assert "<strong>Grève</strong> <em>mardi</em>" in html
    assert "<ul>\n<li>cantine fermée</li>" in html and '<a href="/aide/">ici</a>' in html
    assert "<ol>\n<li>un</li>" in html


def test_an_address_of_a_page_becomes_a_link_without_its_full_stop() -> None:
    html = rendered("Voir https://www.buchelay.fr/menus?a=1&b=2. Ou (https://x.fr/a).")

    assert Seen(html).addresses == ["https://www.buchelay.fr/menus?a=1&b=2", "https://x.fr/a"]
    assert html.endswith(".</p>\n")


def test_an_address_in_a_link_is_not_linked_twice() -> None:
    assert rendered("[https://x.fr](https://x.fr)").count("<a ") == 1


def test_titles_are_of_the_level_that_the_page_leaves_them() -> None:
    assert rendered("# Un\n\n### Deux", headings=3) == "<h3>Un</h3>\n<h3>Deux</h3>\n"
    assert "<h" not in rendered("# Un")


def test_a_list_shows_words_alone() -> None:
    assert plain("**Grève** mardi\n\n- [menu](https://x.fr)\n- bus") == "Grève mardi menu bus"


@pytest.mark.parametrize(
    "address", ["https://a.fr", "http://a.fr", "mailto:a@b.fr", "tel:0130981078", "/aide/", "#x", "?a=b:c"]
)
def test_where_a_link_may_lead(address: str) -> None:
    assert is_safe(address)
