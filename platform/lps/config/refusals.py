"""What production refuses to start with: each is a way to lose families' data, so none is a mere warning."""

import os

from django.conf import settings

from lps.config import database
from lps.config.env import MissingSetting

DEMONSTRATION = "demonstration-"
_SHORTEST_SECRET = 40
_CONNECT_SECONDS = 10


class UnsafeStart(MissingSetting):
    """Production would run with something that belongs to a developer's machine."""


def refuse_unsafe_start() -> None:
    """Raise `UnsafeStart` in production for a demonstration secret, DEBUG, a moved clock or an unsafe pool."""
    if not settings.PRODUCTION:
        return
    _refuse_secrets()
    if settings.DEBUG:
        raise UnsafeStart("DEBUG ne peut pas être activé en production.")
    if os.environ.get("LPS_CLOCK"):
        raise UnsafeStart("LPS_CLOCK déplace l'horloge : la production refuse de démarrer ainsi.")
    if settings.LPS_POOLED_DATABASE:
        _refuse_silent_pool()


def _refuse_secrets() -> None:
    if settings.SECRET_KEY.startswith(DEMONSTRATION) or len(settings.SECRET_KEY) < _SHORTEST_SECRET:
        raise UnsafeStart("LPS_SECRET_KEY est celle d'une démonstration, ou trop courte (40 caractères au moins).")
    if any(key_id.startswith("demo") for key_id in settings.LPS_APP_KEYS):
        raise UnsafeStart("LPS_APP_KEYS contient une clé de démonstration.")
    if any(len(set(key)) < 8 for key in settings.LPS_APP_KEYS.values()):
        raise UnsafeStart("LPS_APP_KEYS contient une clé qui n'a pas été tirée au hasard.")


def _refuse_silent_pool() -> None:
    """Behind a pool that does not tell which `search_path` a connection has, one commune reads another's tables.

    Measured with PgBouncer before PostgreSQL 18, which alone reports the setting to its client.
    """
    with database.connect(seconds=_CONNECT_SECONDS) as connection:
        if connection.pgconn.parameter_status(b"search_path") is None:
            raise UnsafeStart(
                "La base est derrière un pool qui ne dit pas le search_path de ses connexions : il faut PostgreSQL 18 "
                "et PgBouncer 1.20 avec track_extra_parameters=IntervalStyle,search_path."
            )
