"""Keys for sorting and searching French names, computed here because the database has no ICU."""

import re

from unidecode import unidecode

_APART = re.compile(r"[^a-z0-9]+")


def sort_key(text: str) -> str:
    """The order of a French list: accents and case aside, words apart ("É" sorts with "E")."""
    return _APART.sub(" ", unidecode(text).casefold()).strip()


def search_key(text: str) -> str:
    """What a search compares: letters and digits only, so that "Jean-Marc" is found by "jeanmarc"."""
    return _APART.sub("", unidecode(text).casefold())


def with_of(name: str) -> str:
    """A name after "de": "d'Angéline", "de Bertrand". An initial H is read as aspirated."""
    return f"d'{name}" if sort_key(name)[:1] in tuple("aeiouy") else f"de {name}"
