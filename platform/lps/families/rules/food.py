"""Diets are facts about food: "sans porc". Never a religion (CNIL, NS-058)."""

import re

_RELIGIOUS = re.compile(r"halal|casher|kasher|kosher|musulman|juif|catholique|hindou|religi", re.IGNORECASE)
LONGEST = 40


def names_religion(words: str) -> bool:
    """Whether these words tell a religion rather than what is not eaten."""
    return bool(_RELIGIOUS.search(words))


def fact(words: str) -> str:
    """A fact as it is kept, so that one fact has one spelling."""
    return words.strip().lower()[:LONGEST]
