"""What agents write for families: paragraphs, bold, italics, lists, links, and titles where the page has room for them.

The signs are those of Markdown. Nothing that the author writes is ever HTML: a tag is shown as it was typed. A plain
text keeps its paragraphs and its line breaks, and its addresses of pages become links.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_RULES = ("list", "newline", "escape", "emphasis", "link", "autolink", "balance_pairs", "fragments_join")
_SCHEMES = re.compile(r"^(?:https?://|mailto:|tel:)", re.I)
_A_SCHEME = re.compile(r"^[^/?#]*:")
_BARE = re.compile(r"https?://[^\s<>\"«»]+[^\s<>\"«».,;:!?)\]'’…]", re.I)
# What a browser takes out of an address before it reads the scheme, and what starts an address of another site.
_HIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\]|%(?:0[0-9a-f]|1[0-9a-f]|7f)|^//", re.I)


def rendered(text: str, *, headings: int = 0) -> SafeString:
    """A text as HTML. `headings` is the level of its titles (lines that start with "#"); 0: it has none."""
    html: str = _parser(headings).render(text.replace("\x00", ""))
    return SafeString(html)  # every tag in it is the parser's own


def plain(text: str) -> str:
    """The words of a text alone, on one line: for a list, where signs would only be noise."""
    tokens = _parser(0).parse(text.replace("\x00", ""))
    return " ".join("".join(_words(token)) for token in tokens if token.type == "inline").strip()


def _words(token: Token) -> Iterator[str]:
    for child in token.children or ():
        yield " " if child.type in ("softbreak", "hardbreak") else child.content


def is_safe(address: str) -> bool:
    """Whether a link may lead there: to a page, a mailbox, a telephone, or elsewhere on this site."""
    if _HIDDEN.search(address):
        return False
    return bool(_SCHEMES.match(address)) or not _A_SCHEME.match(address)


class _Parser(MarkdownIt):
    """The parser, with our own idea of where a link may lead."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  its name for it
        return is_safe(url)


@cache
def _parser(headings: int) -> MarkdownIt:
    parser = _Parser("zero", {"html": False, "breaks": True, "maxNesting": 20}).enable(list(_RULES))
    parser.core.ruler.push("bare_addresses", _link_bare_addresses)
    if headings:
        parser.enable("heading")
        parser.core.ruler.push("one_level", _at_level(headings))
    return parser


def _at_level(level: int) -> Callable[[StateCore], None]:
    """All titles at the one level that the page leaves them, whatever their number of signs."""

    def rule(state: StateCore) -> None:
        for token in state.tokens:
            if token.type in ("heading_open", "heading_close"):
                token.tag = f"h{level}"

    return rule


def _link_bare_addresses(state: StateCore) -> None:
    """Make a link of each address of a page that stands in the text, outside of links."""
    for token in state.tokens:
        if token.type == "inline" and "://" in token.content:
            token.children = list(_with_links(token.children or []))


def _with_links(children: list[Token]) -> Iterator[Token]:
    depth = 0
    for child in children:
        depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type == "text" and not depth:
            yield from _cut(child.content)
        else:
            yield child


def _cut(text: str) -> Iterator[Token]:
    at = 0
    for found in _BARE.finditer(text):
        yield Token("text", "", 0, content=text[at : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": found[0]})
        yield Token("text", "", 0, content=found[0])
        yield Token("link_close", "a", -1)
        at = found.end()
    yield Token("text", "", 0, content=text[at:])
