"""A commune's name with its preposition, proposed from the name alone; the town may write another."""

import re

from lps.kernel.text import with_of

_CONTRACTED = ((re.compile(r"^les\s+", re.IGNORECASE), "des "), (re.compile(r"^le\s+", re.IGNORECASE), "du "))


def proposed_place_of(place_name: str) -> str:
    """`Buchelay` → "de Buchelay", `Orgeval` → "d'Orgeval", `Le Pecq` → "du Pecq", `Les Mureaux` → "des Mureaux".

    An initial H is read as aspirated, and "La" and "L'" keep "de": the two doubtful cases, for the town to correct.
    """
    name = " ".join(place_name.split())
    for article, contraction in _CONTRACTED:
        if article.match(name):
            return article.sub(contraction, name)
    return with_of(name)
