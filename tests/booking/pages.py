"""The planning's pages as a parent reads and fills them in."""

import re
from collections.abc import Iterable
from html import unescape

from django.http import HttpResponse
from django.test import Client

from booking.planning_form import box_value
from booking.rules.planning import Cell
from tests.isolation.pages import form_with
from tests.screens.reading import words

PLANNING = "/enfants/123456/planning/"
Fields = dict[str, list[str]]
_UNTIL = re.compile(r'<p class="until ?(\w*)"[^>]*>(.*?)</p>', re.DOTALL)
_ITEM = re.compile(r"<li[^>]*>(.*?)</li>", re.DOTALL)
_LINK = re.compile(r'<a class="btn" href="([^"]*)">(.*?)</a>', re.DOTALL)


def opened(client: Client, path: str = PLANNING, **query: str) -> str:
    """A page that opens."""
    response = client.get(path, query)
    assert response.status_code == 200
    return str(response.content.decode())


def read(response: HttpResponse) -> str:
    """All that is read on an answer."""
    return words(response.content.decode())


def week(html: str, number: int) -> str:
    """The part of a page that draws a week."""
    return html.split(f'aria-labelledby="semaine-{number}"', 1)[1].split("</section>", 1)[0]


def deadlines(html: str, number: int) -> list[tuple[str, str]]:
    """The lines above a week: how each looks ("calm", "near", "shut") and what it says."""
    return [(look or "calm", words(text)) for look, text in _UNTIL.findall(week(html, number))]


def notes(html: str, number: int) -> list[str]:
    """Why days of a week are locked or empty."""
    listed = week(html, number).partition('<ul class="why">')[2].partition("</ul>")[0]
    return [words(item) for item in _ITEM.findall(listed)]


def told(html: str, look: str) -> list[str]:
    """The lines of the recap: "ok", what was saved, or "bad", what was not."""
    part = html.partition(f'<div class="note {look}"')[2].partition("</div></div>")[0]
    return [words(item) for item in _ITEM.findall(part)]


def links(html: str) -> dict[str, str]:
    """Where the buttons of a page lead, by their words."""
    return {words(text): unescape(address) for address, text in _LINK.findall(html)}


def filled(page: HttpResponse, *, tick: Iterable[Cell] = (), untick: Iterable[Cell] = ()) -> Fields:
    """What the planning's form sends once these boxes are ticked and those unticked."""
    form = form_with(page, "vu")
    ticked, unticked = form.fields.get("jour", []), [value for _, value in form.unticked]
    more, fewer = [box_value(cell) for cell in tick], [box_value(cell) for cell in untick]
    assert set(more) <= set(unticked) and set(fewer) <= set(ticked), "a box that the page does not have"
    return {**form.fields, "jour": [*(value for value in ticked if value not in fewer), *more]}
