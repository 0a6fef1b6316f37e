"""Which public holidays a commune has: those of its department or collectivity."""

# By the first digits of the INSEE code: where public holidays are not those of the mainland.
_HOLIDAY_ZONES = {
    "57": "Alsace-Moselle",
    "67": "Alsace-Moselle",
    "68": "Alsace-Moselle",
    "971": "Guadeloupe",
    "972": "Martinique",
    "973": "Guyane",
    "974": "La Réunion",
    "975": "Saint-Pierre-et-Miquelon",
    "976": "Mayotte",
    "977": "Saint-Barthélémy",
    "978": "Saint-Martin",
    "986": "Wallis-et-Futuna",
    "987": "Polynésie Française",
    "988": "Nouvelle-Calédonie",
}


def holiday_zone(insee: str) -> str:
    """The zone of an INSEE code, in the words of `jours_feries_france`."""
    return _HOLIDAY_ZONES.get(insee[:3]) or _HOLIDAY_ZONES.get(insee[:2]) or "Métropole"
