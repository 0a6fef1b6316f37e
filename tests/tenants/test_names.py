"""A commune's name with its preposition."""

import pytest

from tenants.names import proposed_place_of


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("Buchelay", "de Buchelay"),
        ("Orgeval", "d'Orgeval"),
        ("Épône", "d'Épône"),
        ("Le Pecq", "du Pecq"),
        ("Les Mureaux", "des Mureaux"),
        ("La Rochelle", "de La Rochelle"),
        ("L'Isle-Adam", "de L'Isle-Adam"),
        ("Houilles", "de Houilles"),
        ("Lens", "de Lens"),
    ],
)
def test_proposes_the_preposition(name: str, proposed: str) -> None:
    assert proposed_place_of(name) == proposed
