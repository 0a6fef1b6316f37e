"""The console in French: its roles, what each may do, what its journal tells."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lps.accounts import rights
from lps.accounts import words as accounts
from lps.accounts.roles import Role
from lps.console import rights as own
from lps.kernel.refusals import Refusal

ROLES: Mapping[str, str | Promise] = {
    Role.OPERATOR: _("exploitant : tout, les comptes compris"),
    Role.SUPPORT: _("assistance : entrer dans une commune pour regarder, écrire aux agents, renvoyer des messages"),
    Role.INVOICING: _("facturation : les communes, leurs services et leur usage"),
    Role.READ_ONLY: _("lecture seule : tout lire, rien changer"),
}
# In the order of a screen; a right of operators that is missing here fails a test.
RIGHTS: Mapping[str, str | Promise] = {
    own.ENTER: _("Voir les communes et leurs chiffres"),
    own.OPEN_COMMUNES: _("Ouvrir une commune"),
    own.CHANGE_STATES: _("Suspendre, rouvrir ou fermer une commune"),
    own.EXPORT: _("Exporter toute une commune"),
    own.ERASE: _("Effacer une commune, annuler son effacement"),
    own.RESEND: _("Renvoyer les messages abandonnés d'une commune"),
    own.ENTER_TOWNS: _("Entrer dans une commune pour regarder, avec un motif"),
    own.WRITE_IN_TOWNS: _("Entrer dans une commune pour y modifier"),
    own.ANNOUNCE: _("Écrire aux agents des communes"),
    own.MAINTAIN: _("Prévoir une maintenance, l'annuler"),
    own.SET_OFFERS: _("Ouvrir et fermer les services d'une commune"),
    own.READ_USAGE: _("Emporter l'usage des communes, pour la facturation"),
    own.READ_TELEPHONE: _("Voir les lignes téléphoniques et leurs appels"),
    own.SET_TELEPHONE: _("Régler les lignes téléphoniques et les numéros"),
    own.READ_JOURNAL: _("Lire le journal de la console"),
    own.MANAGE_OPERATORS: _("Inviter les exploitants et choisir leurs rôles"),
}
# Every action that the registry's journal tells; one that is missing here fails a test.
ACTIONS: Mapping[str, str | Promise] = {
    "sign_in": _("Connexion"),
    "sign_out": _("Déconnexion"),
    "account_created": _("Compte créé par une commande"),
    "account_deactivated": _("Accès arrêté"),
    "account_reactivated": _("Accès remis en service"),
    "agent_invited": _("Exploitant invité"),
    "agent_invited_again": _("Invitation renvoyée"),
    "agent_changed": _("Nom ou rôles changés"),
    "access_opened": _("Accès ouvert par son titulaire"),
    "access_renewed": _("Nouvel accès donné"),
    "password_changed": _("Mot de passe changé"),
    "telephone_change_asked": _("Changement de téléphone demandé"),
    "recovery_codes_drawn": _("Codes de secours renouvelés"),
    "sessions_ended": _("Sessions fermées"),
    "journal_exported": _("Journal exporté"),
    "commune_opened": _("Commune ouverte"),
    "commune_state_changed": _("État d'une commune changé"),
    "vendor_entered": _("Entrée dans une commune"),
    "vendor_left": _("Sortie d'une commune"),
    "town_export_asked": _("Export d'une commune demandé"),
    "town_exported": _("Commune exportée par une commande"),
    "town_export_taken": _("Export d'une commune téléchargé"),
    "commune_erasure_planned": _("Effacement d'une commune prévu"),
    "commune_erasure_canceled": _("Effacement d'une commune annulé"),
    "commune_erased": _("Commune effacée"),
    "commune_restored": _("Commune revenue d'un export"),
    "notice_published": _("Annonce ou maintenance prévue"),
    "notice_canceled": _("Annonce ou maintenance annulée"),
    "commune_offers_changed": _("Services d'une commune changés"),
    "usage_exported": _("Usage des communes emporté"),
    "operator_line_added": _("Ligne téléphonique ajoutée"),
    "operator_line_changed": _("Ligne téléphonique changée"),
    "operator_line_removed": _("Ligne téléphonique supprimée"),
    "voice_numbers_changed": _("Numéros d'une commune changés"),
    "keys_rotated": _("Clés renouvelées"),
    "data_purged": _("Données anciennes effacées"),
}
_FACTS: Mapping[str, str | Promise] = {
    "email": _("adresse e-mail"),
    "name": _("nom"),
    "roles": _("rôles"),
    "state": _("état"),
    "reason": _("motif"),
    "opens_on": _("ouvre aux familles le"),
    "sessions": _("sessions"),
    "recovery_codes": _("codes de secours"),
    "recovery_code": _("par code de secours"),
    "purpose": _("objet"),
    "communes": _("communes"),
    "lines": _("lignes"),
    "mode": _("mode"),
    "closed_offers": _("services fermés"),
    "month": _("mois"),
    "kind": _("sorte"),
    "text": _("texte"),
    "from": _("à partir de"),
    "to": _("jusqu'à"),
    "export": _("export"),
    "due_at": _("prévu le"),
    "tables": _("tables"),
    "households": _("familles"),
    "visits": _("visites"),
    "notices": _("annonces et maintenances"),
    "audit_entries": _("entrées du journal"),
    "invoices": _("factures"),
    "hosts": _("adresses"),
    "numbers": _("numéros"),
    "rows": _("lignes"),
    "files": _("fichiers"),
    "content": _("empreinte du contenu"),
    "made_at": _("fait le"),
    "search": _("recherche"),
}
_VALUES: Mapping[str, str | Promise] = {
    "to_open": _("à ouvrir"),
    "active": _("active"),
    "suspended": _("suspendue"),
    "closed": _("fermée"),
    "erased": _("effacée"),
    "announcement": _("annonce"),
    "maintenance": _("maintenance"),
    "all": _("toutes"),
    "read_only": _("lecture seule"),
    "may_write": _("peut modifier"),
    "invitation": _("invitation"),
    "reset": _("nouvel accès"),
    "telephone": _("nouveau téléphone"),
    **{str(role): role.label for role in Role},
}


def role_names(roles: Iterable[str]) -> list[str]:
    """The names of roles, in the order of a screen."""
    held = set(roles)
    return [str(Role(role).label) for role in ROLES if role in held]


def what_roles_do(roles: Iterable[str]) -> list[str | Promise]:
    """What an operator with these roles may do, in words."""
    held = set(roles)
    return [words for action, words in RIGHTS.items() if rights.operators_of(action) & held]


def account_refused(refusal: Refusal) -> str:
    """Why an operator's account may not be, or be changed so."""
    if refusal.code == "email_taken":
        return str(_("Un compte a déjà cette adresse e-mail : retrouvez-le dans la liste des exploitants."))
    if refusal.code == "already_open":
        return str(_("Cet accès est déjà ouvert : l'invitation n'a plus d'objet."))
    return accounts.account_refused(refusal)


def action_text(action: str) -> str:
    """What was done; an action of another version keeps its own name."""
    return str(ACTIONS.get(action, action.replace("_", " ")))


def facts_text(facts: object) -> str:
    """What stood before or after, on one line: "état : suspendue ; motif : travaux"."""
    if not isinstance(facts, dict):
        return "" if facts is None else _value(facts)
    told = ((str(_FACTS.get(name, name.replace("_", " "))), _value(value)) for name, value in facts.items())
    return " ; ".join(f"{name} : {value}" for name, value in told if value)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(_("oui") if value else _("non"))
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return "" if value is None else str(_VALUES.get(str(value)) or _instant(str(value)))


def _instant(text: str) -> str:
    """An instant on the walls of the console, anything else as it stands."""
    try:
        at = datetime.fromisoformat(text) if len(text) > 16 and text[4:5] == "-" else None
    except ValueError:
        return text
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}" if at and at.tzinfo else text
