"""How a typed word may be a name, as a pattern: begun, or one slip of the finger away.

Words are sort keys: unaccented lower case letters and digits.
"""

SHORTEST_SLIP = 3
SHORTEST_BEGUN = 5


def begun(word: str) -> str:
    """A name of which the word is the beginning."""
    return rf"\m{word}"


def slipped(word: str) -> str:
    """A name from which one letter is missing in the word, is too many, is another, or changed places with the next.

    The end of a long word may not be typed yet. A word of one or two letters only misses one: else it would be like
    any other.
    """
    places = range(len(word))
    near = {rf"{word[:place]}\w{word[place:]}" for place in range(len(word) + 1)}
    if len(word) >= SHORTEST_SLIP:
        near |= {rf"{word[:place]}\w{word[place + 1 :]}" for place in places}
        near |= {word[:place] + word[place + 1 :] for place in places}
        near |= {f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}" for at in places[:-1]}
    end = "" if len(word) >= SHORTEST_BEGUN else r"\M"
    return rf"\m({'|'.join(sorted(near))}){end}"
