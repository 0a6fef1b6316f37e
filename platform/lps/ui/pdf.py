"""PDF files from templates: accessible (PDF/UA-1), in the house's fonts, fetching nothing from outside.

WeasyPrint takes two seconds to load: it is imported by those who print alone.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.template.loader import render_to_string

from lps.ui.typography import held

STATIC = Path(__file__).resolve().parent / "static" / "ui"
SCHEME = "lps:"
VARIANT = "pdf/ua-1"


class ForeignAddress(ValueError):
    """A printed page asked for something that is not one of ours."""


class Own(NamedTuple):
    """What a paper shows that is no file of ours: a town's logo, its colours."""

    content: bytes
    media_type: str


def render(template: str, facts: Mapping[str, Any], *, own: Mapping[str, Own] | None = None) -> bytes:
    """The PDF of a template that extends `ui/paper.html`: tens of milliseconds a page, so large ones go to a worker.

    Raises what WeasyPrint raises for an address that is not one of ours (`lps:paper.css`, `lps:fonts/…`).
    What is in `own` has the address `lps:own/` and its name.
    """
    pdf: bytes = _laid_out(template, facts, own or {}).write_pdf(pdf_variant=VARIANT)
    return pdf


def render_all(
    template: str, papers: Iterable[Mapping[str, Any]], *, title: str, own: Mapping[str, Own] | None = None
) -> bytes:
    """Several papers of one template in one file, each with its own page numbers. There is at least one."""
    laid_out = [_laid_out(template, facts, own or {}) for facts in papers]
    whole = laid_out[0].copy([page for one in laid_out for page in one.pages])
    whole.metadata.title = title
    pdf: bytes = whole.write_pdf(pdf_variant=VARIANT)
    return pdf


def _laid_out(template: str, facts: Mapping[str, Any], own: Mapping[str, Own]) -> Any:
    from weasyprint import HTML

    html = held(render_to_string(template, dict(facts)))
    return HTML(string=html, url_fetcher=_fetcher()(own), base_url=SCHEME).render(pdf_variant=VARIANT)


@cache
def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Ours(URLFetcher):
        """Our fonts and style sheets by name; nothing else is ever fetched, and a page that asks fails."""

        def __init__(self, own: Mapping[str, Own]) -> None:
            super().__init__(fail_on_errors=True)
            self._own = {f"own/{name}": given for name, given in own.items()}

        def fetch(self, url: str, headers: Any = None) -> Any:
            name = _name(url)
            if name in self._own:
                given = self._own[name]
                return URLFetcherResponse(url, given.content, {"Content-Type": given.media_type})
            kind = "text/css; charset=utf-8" if name.endswith(".css") else "font/woff2"
            return URLFetcherResponse(url, _file(name), {"Content-Type": kind})

    return Ours


def _name(url: str) -> str:
    if not url.startswith(SCHEME):
        raise ForeignAddress(url.partition(":")[0])
    return url.removeprefix(SCHEME).lstrip("/")


@cache
def _file(name: str) -> bytes:
    path = (STATIC / name).resolve()
    if STATIC not in path.parents:
        raise ForeignAddress(name)
    return path.read_bytes()
