"""French counts from two: "0 réservation", "1 réservation", "2 réservations", on every page and in every sentence."""

import pytest
from django.template import Context, Engine
from django.utils import translation
from django.utils.translation import ngettext

from deploy import plurals


def test_the_catalogue_is_the_code_s() -> None:
    found = plurals.files()

    assert len(list(plurals.sentences())) > 70
    assert {path.name: path.read_bytes() == content for path, content in found.items()} == {
        "django.po": True,
        "django.mo": True,
    }


@pytest.mark.parametrize("number", [0, 1, 2, 1_000_000])
def test_every_sentence_that_counts_is_plural_from_two_on(number: int) -> None:
    with translation.override("fr"):
        for singular, plural in set(plurals.sentences()):
            assert ngettext(singular, plural, number) == (plural if number > 1 else singular)


@pytest.mark.parametrize(("number", "words"), [(0, "0 jour réservé"), (1, "1 jour réservé"), (2, "2 jours réservés")])
def test_a_page_counts_as_one_says_it(number: int, words: str) -> None:
    source = (
        "{% load i18n %}{% blocktranslate count number=n %}{{ number }} jour réservé"
        "{% plural %}{{ number }} jours réservés{% endblocktranslate %}"
    )

    with translation.override("fr"):
        assert Engine.get_default().from_string(source).render(Context({"n": number})) == words


def test_django_s_own_sentences_keep_their_french() -> None:
    with translation.override("fr"):
        assert translation.gettext("This field is required.") == "Ce champ est obligatoire."
