"""Where a family goes once it is in: addresses kept stable, of pages that apps to the left draw."""

CHILDREN = "/enfants/"


def planning(child_code: str) -> str:
    """The planning of a child."""
    return f"{CHILDREN}{child_code}/planning/"
