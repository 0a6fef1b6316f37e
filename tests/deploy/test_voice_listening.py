"""How what was said and what was written down are compared: by what can be heard."""

import pytest

from deploy.voice.listening import compared, plain


@pytest.mark.parametrize(
    ("said", "heard", "count"),
    [
        ("Tapez le 1.", "tapé le un", (3, 3)),
        ("mardi 13 octobre", "Mardi treize octobres !", (3, 3)),
        ("Pour Cantine, tapez le 1.", "pour continuer d'appeler les hommes", (1, 5)),
        ("Angéline", "", (0, 1)),
    ],
)
def test_what_sounds_alike_is_the_same_word(said: str, heard: str, count: tuple[int, int]) -> None:
    assert compared(said, heard) == count


def test_short_words_keep_their_ends() -> None:
    assert plain("le les des") == ["le", "les", "des"]
