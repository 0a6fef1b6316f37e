"""Every kind of deadline is offered, asked for and told: whoever adds one reads here what is still missing."""

from dataclasses import MISSING, fields

import pytest

from booking.api import words
from booking.forms.deadlines import CLOSING_CHOICES, FIELDS, OPENING_CHOICES
from booking.rules.deadlines import CLOSINGS, OPENINGS

KINDS = {**CLOSINGS, **OPENINGS}


def test_every_kind_may_be_chosen() -> None:
    assert [kind for kind, _words in CLOSING_CHOICES] == list(CLOSINGS)
    assert [kind for kind, _words in OPENING_CHOICES] == list(OPENINGS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_asks_what_a_kind_needs_and_nothing_that_it_does_not_know(kind: str) -> None:
    known = fields(KINDS[kind])

    assert {one.name for one in known if one.default is MISSING} <= set(FIELDS[kind]) <= {one.name for one in known}


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_of_a_kind_has_its_french_name_in_the_api(kind: str) -> None:
    assert {one.name for one in fields(KINDS[kind])} <= set(words.NAMES)
