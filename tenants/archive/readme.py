"""The page that stands first in an archive, for whoever opens it in ten years."""

from datetime import datetime

from django.utils.translation import gettext as _

from tenants.models import Commune


def readme(commune: Commune, made_at: datetime) -> str:
    """What is where, how it is checked, and what is not there."""
    day = made_at.astimezone(commune.zone).strftime("%d/%m/%Y %H:%M")
    paragraphs = (
        _("%(name)s : archive complète du portail des familles, faite le %(day)s.")
        % {"name": commune.header_name, "day": day},
        _(
            "csv/ : une feuille par table, à ouvrir avec un tableur. Les heures sont celles de la commune. "
            "Les mots de passe et les empreintes de codes n'y figurent pas."
        ),
        _(
            "sql/ : les mêmes lignes, exactement comme la base les tenait, pour PostgreSQL. structure.sql fait les "
            "tables vides ; pour relire une table ailleurs, coupez d'abord les déclencheurs "
            "(SET session_replication_role = replica)."
        ),
        _("fichiers/ : les documents déposés ou produits : factures, justificatifs, logo."),
        _(
            "manifeste.json dit ce que l'archive contient, table par table, et SHA256SUMS donne l'empreinte de chaque "
            "fichier : « sha256sum -c SHA256SUMS » vérifie tout."
        ),
        _(
            "Restent chiffrés, ici comme dans la base : les codes des familles et des enfants, les notes de santé, "
            "les adresses des messages, les seconds facteurs des agents, les accès aux prestataires. La clé de la "
            "commune voyage dans le manifeste, elle-même chiffrée sous la phrase secrète choisie à l'export : "
            "sans cette phrase, personne ne les lira plus."
        ),
        _("Les connexions en cours ne sont pas dans l'archive : chacun se reconnecte après un retour."),
        _(
            "Cette archive contient des données personnelles : gardez-la sous clé. Les pièces comptables se "
            "conservent dix ans."
        ),
    )
    return "\r\n\r\n".join(paragraphs) + "\r\n"
