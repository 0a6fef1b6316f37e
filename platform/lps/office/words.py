"""What rights, scopes and roles are called on the pages: in the words of a town hall."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lps.accounts import rights
from lps.accounts.roles import Role

# In the order of a screen; a right of agents that is missing here fails a test.
RIGHTS: Mapping[str, str | Promise] = {
    "office.enter": _("Se connecter au côté mairie"),
    "billing.read_tariffs": _("Lire les tarifs"),
    "billing.set_tariffs": _("Fixer les tarifs"),
    "billing.read_quotients": _("Lire les quotients familiaux"),
    "billing.set_quotients": _("Noter les quotients familiaux"),
    "billing.read_runs": _("Lire les lots de factures"),
    "billing.run_billing": _("Calculer, valider et publier les factures"),
    "billing.read_invoices": _("Lire les factures d'une famille"),
    "billing.read_payments": _("Lire les règlements"),
    "billing.take_payments": _("Encaisser"),
    "billing.close_till": _("Arrêter la caisse"),
    "billing.remind": _("Relancer les impayés"),
    "billing.read_online_settings": _("Lire les réglages du paiement en ligne"),
    "billing.set_online_settings": _("Régler le paiement en ligne"),
    "billing.reconcile": _("Rapprocher les paiements en ligne"),
    "booking.read_day": _("Lire les listes du jour"),
    "booking.call_roll": _("Faire le pointage"),
    "booking.read_health_at_roll_call": _("Lire les alertes de santé (chaque lecture est notée)"),
    "booking.count_meals": _("Lire les effectifs de la cuisine"),
    "booking.read_counter": _("Lire le planning d'une famille"),
    "booking.book_at_counter": _("Réserver et annuler pour une famille"),
    "booking.pass_over_rules": _("Réserver après la date limite, avec un motif"),
    "booking.read_absences": _("Lire les absences déclarées"),
    "booking.answer_absences": _("Accepter ou refuser les absences"),
    "booking.read_waiting_lists": _("Lire les listes d'attente"),
    "booking.move_waiting_lists": _("Inscrire sur une liste d'attente, en retirer"),
    "families.find": _("Chercher une famille"),
    "families.open": _("Ouvrir la page d'une famille"),
    "families.edit": _("Modifier une famille, un enfant, une classe"),
    "families.read_health": _("Lire les informations de santé (chaque lecture est notée)"),
    "families.write_health": _("Écrire les informations de santé"),
    "families.import": _("Importer les familles"),
    "families.export": _("Exporter les familles"),
    "families.print_codes": _("Imprimer les lettres de codes"),
    "families.renew_codes": _("Changer le code d'une famille"),
    "families.roll_over": _("Faire le passage d'année"),
    "families.answer_requests": _("Répondre aux demandes sur les données personnelles"),
    "families.erase": _("Effacer une famille"),
    "booking.read_pre_registrations": _("Lire les réponses aux préinscriptions"),
    "booking.decide_pre_registrations": _("Valider les préinscriptions"),
    "booking.run_campaigns": _("Ouvrir une campagne de préinscription"),
    "booking.read_catalogue": _("Lire les activités et les dates limites"),
    "booking.change_catalogue": _("Modifier les activités et les dates limites"),
    "booking.read_calendar": _("Lire le calendrier"),
    "booking.set_calendar": _("Modifier le calendrier"),
    "booking.read_closures": _("Lire les fermetures"),
    "booking.close_days": _("Fermer des jours"),
    "booking.read_periods": _("Lire les périodes et qui les a choisies"),
    "booking.set_periods": _("Proposer des périodes, en rouvrir une"),
    "office.read_messages": _("Lire les messages d'accueil"),
    "office.write_messages": _("Écrire les messages d'accueil"),
    "office.read_sendings": _("Lire les envois et leur compte rendu"),
    "office.write_to_families": _("Écrire aux familles et aux abonnés"),
    "office.read_sms_service": _("Lire les thèmes et les abonnés SMS"),
    "office.manage_sms_service": _("Régler le service SMS, exporter les consentements"),
    "office.read_deliveries": _("Lire les messages qui ne sont pas partis"),
    "office.resend_messages": _("Renvoyer un message qui n'est pas parti"),
    "office.set_sending": _("Régler les envois, les arrêter"),
    "voice.read": _("Lire le journal et les chiffres du serveur vocal"),
    "voice.set": _("Régler le serveur vocal"),
    "voice.try": _("Essayer le serveur vocal"),
    "voice.teach": _("Corriger les prononciations du serveur vocal"),
    "office.read_rules": _("Lire les règlements"),
    "office.write_rules": _("Écrire les règlements"),
    "office.set_up": _("Mettre la commune en route"),
    "office.change_town": _("Modifier les réglages de la commune"),
    "office.read_journal": _("Chercher dans le journal"),
    "console.read_visits": _("Voir qui est venu de l'éditeur, et pourquoi"),
    "console.read_purges": _("Voir ce que les purges ont effacé"),
    "console.export_town": _("Exporter toute la commune"),
    "office.manage_tokens": _("Donner un accès à un autre logiciel"),
    "accounts.manage": _("Inviter les agents et choisir leurs rôles"),
}
SCOPES: Mapping[str, str | Promise] = {
    "catalogue:lire": _("Lire les écoles, les activités, le calendrier et les fermetures"),
    "familles:lire": _("Lire les familles et les enfants"),
    "familles:modifier": _("Ajouter et modifier des familles et des enfants"),
    "reservations:lire": _("Lire les réservations"),
    "reservations:modifier": _("Réserver et annuler"),
    "absences:lire": _("Lire les absences, sans leur motif"),
    "pointage:lire": _("Lire le pointage"),
    "pointage:noter": _("Faire le pointage"),
    "facturation:lire": _("Lire les factures et les règlements, avec le nom et l'adresse du payeur"),
    "repas:lire": _("Compter les repas"),
}
ROLES: Mapping[str, str | Promise] = {
    Role.ADMINISTRATOR: _("administrateur : tout, les agents et les réglages compris"),
    Role.SCHOOL: _("scolaire : familles, classes, activités, préinscriptions"),
    Role.CASH_OFFICE: _("régie : familles, réservations, facturation"),
    Role.ACTIVITIES: _("animation : listes du jour et pointage, réservations"),
    Role.CANTEEN: _("cantine : effectifs de la cuisine et pointage"),
    Role.READ_ONLY: _("lecture seule : tout lire, rien changer"),
}


def role_names(roles: Iterable[str]) -> list[str]:
    """The names of roles, in the order of a screen."""
    held = set(roles)
    return [str(Role(role).label) for role in ROLES if role in held]


def what_roles_do(roles: Iterable[str]) -> list[str | Promise]:
    """What an agent with these roles may do, in words."""
    held = set(roles)
    return [words for action, words in _declared() if rights.roles_of(action) & held]


def table_of_rights() -> list[tuple[str | Promise, list[bool]]]:
    """One line a right, one column a role in the order of `ROLES`."""
    return [(words, [role in rights.roles_of(action) for role in ROLES]) for action, words in _declared()]


def _declared() -> list[tuple[str, str | Promise]]:
    declared = set(rights.actions())
    return [(action, words) for action, words in RIGHTS.items() if action in declared]
