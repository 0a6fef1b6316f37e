"""The two demonstration communes: never in production, loaded if absent, made again on request."""

from lps.console.services import Identity, create_commune, drop_commune
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import queries
from tenants.models import Commune

BY = Actor.system("démonstration")
DEMO = Identity(
    slug="demo", header_name="Mairie de démonstration", place_name="Démonstration", place_of="de démonstration"
)
BUCHELAY = Identity(slug="buchelay", header_name="Ville de Buchelay", place_name="Buchelay", insee="78118")


def load(*, again: bool = False) -> list[Commune]:
    """Make the communes that are absent, or both anew; returns those made."""
    made = []
    for identity in (DEMO, BUCHELAY):
        if again and _stands(identity.slug):
            drop_commune(slug=identity.slug)
        if not _stands(identity.slug):
            made.append(create_commune(identity=identity, by=BY, channel=Channel.AUTOMATIC))
    return made


def _stands(slug: str) -> bool:
    try:
        queries.commune_by_slug(slug=slug)
    except queries.UnknownCommune:
        return False
    return True
