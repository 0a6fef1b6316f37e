"""The journal in French: what each action did, to what, and what changed."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lps.accounts.roles import Role
from lps.journal.actors import ActorKind
from lps.ui.templatetags.ui import day as day_text
from lps.ui.templatetags.ui import hour as hour_text
from tenants import context

_l = gettext_lazy
# Every action that the code writes; one that is missing here fails a test.
ACTIONS: Mapping[str, str | Promise] = {
    # Doors and accesses
    "sign_in": _l("Connexion"),
    "sign_out": _l("Déconnexion"),
    "account_created": _l("Agent ajouté"),
    "account_deactivated": _l("Accès d'un agent arrêté"),
    "account_reactivated": _l("Accès d'un agent remis en service"),
    "agent_invited": _l("Agent invité"),
    "agent_invited_again": _l("Invitation renvoyée"),
    "agent_changed": _l("Rôles d'un agent changés"),
    "access_opened": _l("Accès ouvert par son agent"),
    "access_renewed": _l("Nouvel accès donné à un agent"),
    "password_changed": _l("Mot de passe changé"),
    "telephone_change_asked": _l("Changement de téléphone demandé"),
    "recovery_codes_drawn": _l("Codes de secours renouvelés"),
    "sessions_ended": _l("Sessions fermées"),
    "api_token_issued": _l("Jeton donné à un logiciel"),
    "api_token_revoked": _l("Jeton révoqué"),
    "journal_exported": _l("Journal exporté"),
    "device_link_sent": _l("Lien de connexion envoyé"),
    "device_recognized": _l("Appareil d'une famille reconnu"),
    # Families
    "household_added": _l("Famille ajoutée"),
    "household_changed": _l("Famille modifiée"),
    "portal_trial": _l("Famille d'essai du portail"),
    "family_erased": _l("Famille effacée"),
    "guardian_added": _l("Représentant ajouté"),
    "guardian_changed": _l("Représentant modifié"),
    "guardian_removed": _l("Représentant retiré"),
    "child_added": _l("Enfant ajouté"),
    "child_changed": _l("Enfant modifié"),
    "child_moved": _l("Enfant changé de classe"),
    "child_left": _l("Enfant parti"),
    "custody_added": _l("Enfant rattaché à une famille"),
    "custody_ended": _l("Enfant détaché d'une famille"),
    "contact_added": _l("Personne à prévenir ajoutée"),
    "contact_changed": _l("Personne à prévenir modifiée"),
    "contact_removed": _l("Personne à prévenir retirée"),
    "health_added": _l("Information de santé ajoutée"),
    "health_changed": _l("Information de santé modifiée"),
    "health_removed": _l("Information de santé retirée"),
    "health_read": _l("Informations de santé lues"),
    "diet_changed": _l("Régime alimentaire changé"),
    "class_saved": _l("Classe enregistrée"),
    "class_removed": _l("Classe supprimée"),
    "codes_read": _l("Codes d'une famille lus par un agent"),
    "codes_revealed": _l("Codes relus par la famille"),
    "recovery_link_sent": _l("Lien pour relire les codes envoyé"),
    "family_code_renewed": _l("Code d'une famille changé"),
    "letters_asked": _l("Lettres de codes demandées"),
    "letters_read": _l("Lettres de codes ouvertes"),
    "import_received": _l("Fichier d'import reçu"),
    "import_accepted": _l("Import accepté"),
    "families_imported": _l("Familles importées"),
    "families_exported": _l("Familles exportées"),
    "data_request_received": _l("Demande sur les données personnelles reçue"),
    "data_request_answered": _l("Demande sur les données personnelles traitée"),
    "personal_data_exported": _l("Données personnelles téléchargées par la famille"),
    "rollover_prepared": _l("Passage d'année préparé"),
    "rollover_changed": _l("Passage d'année modifié"),
    "rollover_applied": _l("Passage d'année fait"),
    "rollover_undone": _l("Passage d'année défait"),
    "address_link_sent": _l("Lien envoyé pour confirmer une adresse e-mail"),
    "calendar_made": _l("Calendrier à suivre créé par la famille"),
    "calendar_revoked": _l("Calendrier à suivre arrêté par la famille"),
    "preferences_changed": _l("Messages souhaités changés par la famille"),
    "address_proved": _l("Adresse e-mail confirmée"),
    "address_withdrawn": _l("Adresse e-mail retirée"),
    # Catalogue and calendar
    "catalogue_started": _l("Catalogue commencé d'après un modèle"),
    "group_added": _l("Groupe d'activités ajouté"),
    "group_renamed": _l("Groupe d'activités renommé"),
    "group_moved": _l("Groupes d'activités rangés"),
    "group_removed": _l("Groupe d'activités supprimé"),
    "activity_added": _l("Activité ajoutée"),
    "activity_changed": _l("Activité modifiée"),
    "activity_moved": _l("Activités rangées"),
    "activity_removed": _l("Activité supprimée"),
    "activity_archived": _l("Activité arrêtée"),
    "activity_restored": _l("Activité remise en service"),
    "activity_retired": _l("Activité retirée"),
    "activities_tied": _l("Activités liées"),
    "activities_untied": _l("Activités déliées"),
    "access_changed": _l("Droits d'accès changés"),
    "deadline_changed": _l("Date limite changée"),
    "days_set": _l("Jours d'ouverture fixés à la main"),
    "school_year_opened": _l("Année scolaire ouverte"),
    "calendar_changed": _l("Calendrier modifié"),
    "days_closed": _l("Jours fermés"),
    "closure_undone": _l("Fermeture défaite"),
    "period_offered": _l("Période proposée"),
    "period_changed": _l("Période modifiée"),
    "period_removed": _l("Période retirée"),
    "period_reopened": _l("Période rouverte pour un enfant"),
    # Billing
    "payment_received": _l("Règlement reçu"),
    "payment_reversed": _l("Règlement annulé par une écriture contraire"),
    "online_payment_opened": _l("Paiement en ligne commencé"),
    "online_payment_not_opened": _l("Paiement en ligne impossible : la Trésorerie n'a pas ouvert d'opération"),
    "online_payment_answered": _l("Réponse de la Trésorerie à un paiement en ligne"),
    "online_payment_announced": _l("Fin d'un paiement par adresse annoncée, sans signature : rien n'est encore compté"),
    "online_payment_unheard": _l("Paiement par adresse : rien n'a été annoncé en deux heures"),
    "online_payment_credited": _l("Paiement en ligne reçu en trop, gardé en avoir"),
    "online_incident_examined": _l("Incident de paiement en ligne examiné"),
    "treasury_file_received": _l("Fichier de la Trésorerie reçu et comparé"),
    "treasury_asked_again": _l("Trésorerie interrogée de nouveau sur une ligne de son fichier"),
    "treasury_line_recorded": _l("Ligne d'un fichier de la Trésorerie enregistrée comme paiement"),
    "online_payment_incident": _l("Incident de paiement en ligne : la réponse n'est pas ce qui était demandé"),
    "till_closed": _l("Caisse arrêtée"),
    "cheques_remitted": _l("Bordereau de chèques fait"),
    "family_reminded": _l("Famille relancée"),
    "reminders_drawn_again": _l("Courriers de relance refaits"),
    "reminder_level_added": _l("Niveau de relance ajouté"),
    "reminder_level_changed": _l("Niveau de relance modifié"),
    "reminder_level_removed": _l("Niveau de relance supprimé"),
    "reminder_minimum_changed": _l("Minimum des relances changé"),
    "credit_used": _l("Avoir utilisé sur une facture"),
    "credit_taken_back": _l("Avoir repris d'une facture"),
    "run_opened": _l("Lot de facturation ouvert"),
    "run_compute_asked": _l("Calcul d'un lot de facturation demandé"),
    "run_publish_asked": _l("Publication d'un lot de facturation demandée"),
    "run_computed": _l("Lot de facturation calculé"),
    "run_checked": _l("Lot de facturation vérifié"),
    "run_validated": _l("Lot de facturation validé"),
    "run_published": _l("Lot de facturation publié"),
    "run_papers_asked": _l("Papiers d'un lot demandés"),
    "run_exported": _l("Créances ou papiers d'un lot téléchargés"),
    "run_closed": _l("Lot de facturation clos"),
    "run_discarded": _l("Lot de facturation abandonné"),
    "invoice_canceled": _l("Facture annulée par un avoir"),
    "adjustment_noted": _l("Régularisation notée"),
    "adjustment_removed": _l("Régularisation retirée"),
    "tariff_set": _l("Tarif fixé"),
    "tariff_removed": _l("Tarif à venir supprimé"),
    "quotient_noted": _l("Quotient familial noté"),
    "quotient_document_read": _l("Document d'un quotient lu"),
    "quotient_proof_sent": _l("Justificatif de quotient envoyé"),
    "quotient_proof_withdrawn": _l("Justificatif de quotient retiré"),
    "quotient_proof_answered": _l("Justificatif de quotient examiné"),
    "quotient_file_received": _l("Fichier de quotients reçu"),
    "quotients_imported": _l("Quotients importés"),
    "quotients_import_undone": _l("Import de quotients annulé"),
    "quotient_put_back": _l("Quotient d'un import retiré, le précédent remis"),
    "quotients_exported": _l("Quotients exportés"),
    "quotient_end_told": _l("Famille prévenue : plus de quotient prouvé"),
    "residence_noted": _l("Résidence de la famille notée"),
    "cash_office_opened": _l("Régie ouverte"),
    "cash_office_changed": _l("Régie modifiée"),
    "online_settings_changed": _l("Paiement en ligne réglé"),
    "online_client_tried": _l("Numéro de client PayFiP essayé"),
    "billing_settings_changed": _l("Réglages de la facturation changés"),
    # Bookings and days
    "bookings_entered": _l("Réservations reprises"),
    "booked_at_counter": _l("Réservation au guichet"),
    "receipt_sent": _l("Reçu envoyé"),
    "absence_declared": _l("Absence déclarée"),
    "absence_document_added": _l("Justificatif ajouté à une absence"),
    "absence_document_read": _l("Justificatif d'une absence lu"),
    "absence_withdrawn": _l("Absence retirée par la famille"),
    "absence_answered": _l("Absence acceptée ou refusée"),
    "roll_called": _l("Pointage"),
    "waiting_joined": _l("Entrée en liste d'attente"),
    "waiting_left": _l("Sortie de la liste d'attente"),
    "waiting_withdrawn": _l("Place proposée puis reprise"),
    "waiting_ranked": _l("Rang changé en liste d'attente"),
    "waiting_offered": _l("Place proposée"),
    "waiting_booked": _l("Place acceptée"),
    "waiting_expired": _l("Place non acceptée à temps"),
    "waiting_closed": _l("Liste d'attente close"),
    "campaign_created": _l("Campagne de préinscription créée"),
    "campaign_changed": _l("Campagne de préinscription modifiée"),
    "campaign_opened": _l("Campagne de préinscription ouverte"),
    "campaign_closed": _l("Campagne de préinscription close"),
    "campaign_booked_again": _l("Réservations d'une préinscription relancées"),
    "pre_registration_answered": _l("Réponse à une préinscription"),
    "pre_registration_validated": _l("Préinscription validée"),
    "pre_registration_refused": _l("Préinscription refusée"),
    # The town
    "address_blocked": _l("Adresse ou numéro arrêté (refus, indésirable ou STOP)"),
    "sending_changed": _l("Réglages d'envoi changés"),
    "settings_changed": _l("Réglages changés"),
    "sms_resumed": _l("Envois de SMS repris"),
    "sms_stopped": _l("Envois de SMS arrêtés"),
    "set_up_finished": _l("Mise en route terminée"),
    "message_written": _l("Message d'accueil écrit"),
    "message_changed": _l("Message d'accueil modifié"),
    "message_published": _l("Message d'accueil publié"),
    "message_withdrawn": _l("Message d'accueil retiré"),
    "message_removed": _l("Brouillon de message supprimé"),
    "message_sent_again": _l("Message renvoyé"),
    "messages_sent_again": _l("Messages renvoyés"),
    "rules_written": _l("Règlement écrit"),
    "rules_changed": _l("Règlement modifié"),
    "rules_published": _l("Règlement publié"),
    "rules_withdrawn": _l("Règlement retiré"),
    "rules_removed": _l("Brouillon de règlement supprimé"),
    "rules_accepted": _l("Règlement accepté par la famille"),
    # SMS
    "sms_subscribed": _l("Inscription aux SMS"),
    "sms_subscription_changed": _l("Thèmes SMS changés par l'abonné"),
    "sms_subscription_stopped": _l("SMS arrêtés pour un abonné"),
    "sms_form_changed": _l("Formulaire SMS changé"),
    "topic_added": _l("Thème SMS ajouté"),
    "topic_changed": _l("Thème SMS modifié"),
    "topic_retired": _l("Thème SMS retiré"),
    "sms_consents_exported": _l("Consentements SMS exportés"),
    "campaign_written": _l("Envoi écrit"),
    "campaign_rewritten": _l("Envoi modifié"),
    "campaign_removed": _l("Brouillon d'envoi supprimé"),
    "campaign_tried": _l("Envoi essayé sur soi"),
    "campaign_sent": _l("Envoi lancé ou programmé"),
    "campaign_canceled": _l("Envoi annulé"),
    "campaign_queued": _l("Envoi mis en route"),
    # The telephone
    "voice_settings_changed": _l("Serveur vocal réglé"),
    "voice_numbers_changed": _l("Numéros du serveur vocal changés"),
    "voice_provider_changed": _l("Prestataire du serveur vocal changé"),
    "pronunciation_saved": _l("Prononciation enregistrée"),
    "pronunciation_removed": _l("Prononciation supprimée"),
    # The product
    "commune_opened": _l("Commune ouverte"),
    "commune_state_changed": _l("État de la commune changé par l'éditeur"),
    "keys_rotated": _l("Clés renouvelées"),
    "messages_purged": _l("Anciens e-mails effacés"),
    "consents_purged": _l("Anciens consentements effacés"),
    "addresses_forgotten": _l("Adresses oubliées"),
    "data_purged": _l("Données anciennes effacées"),
}
AUTHORS: Mapping[str, str | Promise] = {
    ActorKind.HOUSEHOLD: _l("une famille"),
    ActorKind.INTEGRATION: _l("un autre logiciel"),
    ActorKind.CALLER: _l("un appel téléphonique"),
    ActorKind.OPERATOR: _l("l'exploitant"),
    ActorKind.SYSTEM: _l("automatique"),
}
SUBJECTS: Mapping[str, str | Promise] = {
    "absence": _l("Absence"),
    "account": _l("Agent"),
    "activity": _l("Activité"),
    "api_token": _l("Jeton"),
    "calendar": _l("Calendrier"),
    "cash_office": _l("Régie"),
    "campaign": _l("Préinscription"),
    "catalogue": _l("Catalogue"),
    "child": _l("Enfant"),
    "class": _l("Classe"),
    "closure": _l("Fermeture"),
    "billing_run": _l("Lot de facturation"),
    "period": _l("Période"),
    "data_request": _l("Demande"),
    "families": _l("Familles"),
    "group": _l("Groupe d'activités"),
    "household": _l("Famille"),
    "import": _l("Import"),
    "journal": _l("Journal"),
    "letters": _l("Lettres"),
    "message": _l("Message"),
    "messages": _l("E-mails"),
    "pre_registration": _l("Réponse"),
    "receipt": _l("Reçu"),
    "rollover": _l("Passage d'année"),
    "rules": _l("Règlement"),
    "school_year": _l("Année scolaire"),
    "service_day": _l("Jour d'activité"),
    "telephone": _l("Serveur vocal"),
    "till": _l("Caisse"),
    "remittance": _l("Bordereau"),
    "reminder_level": _l("Niveau de relance"),
    "reminders": _l("Relances"),
    "mailing": _l("Envoi"),
    "sms_form": _l("Formulaire SMS"),
    "subscriber": _l("Abonné SMS"),
    "topic": _l("Thème SMS"),
    "town": _l("Réglages"),
}
_FACTS: Mapping[str, str | Promise] = {
    "receipt": _l("quittance"),
    "means": _l("moyen"),
    "invoice": _l("facture"),
    "amount": _l("montant"),
    "accept_by": _l("réponse avant"),
    "activities": _l("activités"),
    "activity": _l("activité"),
    "body": _l("texte"),
    "bookings": _l("réservations"),
    "child": _l("enfant"),
    "children": _l("enfants"),
    "color": _l("couleur"),
    "day": _l("jour"),
    "days": _l("jours"),
    "counted_cash": _l("espèces comptées"),
    "expected_cash": _l("espèces attendues"),
    "email": _l("adresse e-mail"),
    "way": _l("envoi"),
    "ends_at": _l("fin"),
    "expires_at": _l("expire le"),
    "from": _l("à partir du"),
    "help_text": _l("texte d'aide"),
    "household": _l("famille"),
    "is_draft": _l("brouillon"),
    "joined_at": _l("entrée"),
    "kind": _l("sorte"),
    "level": _l("niveau"),
    "levels": _l("niveaux"),
    "lines": _l("lignes"),
    "name": _l("nom"),
    "number": _l("nombre"),
    "mode": _l("mode"),
    "online": _l("paiement en ligne"),
    "online_limit_day": _l("jour limite en ligne"),
    "protocol": _l("protocole"),
    "minimum": _l("minimum"),
    "maximum": _l("maximum"),
    "pop_up": _l("fenêtre à part"),
    "numcli": _l("numéro de client PayFiP"),
    "revenue_code": _l("code recette"),
    "subject": _l("objet"),
    "collectivity": _l("collectivité"),
    "treasury_name": _l("Trésorerie"),
    "treasury_address": _l("adresse de la Trésorerie"),
    "treasury_hours": _l("horaires de la Trésorerie"),
    "treasury_phone": _l("téléphone de la Trésorerie"),
    "opens_on": _l("ouvre aux familles le"),
    "order": _l("ordre"),
    "phone": _l("téléphone"),
    "places": _l("places"),
    "purpose": _l("objet"),
    "reason": _l("motif"),
    "recovery_code": _l("par code de secours"),
    "recovery_codes": _l("codes de secours"),
    "roles": _l("rôles"),
    "scopes": _l("permissions"),
    "service_day": _l("jour d'activité"),
    "session_minutes": _l("durée des sessions, en minutes"),
    "sessions": _l("sessions"),
    "site": _l("école"),
    "sites": _l("écoles"),
    "starts_at": _l("début"),
    "state": _l("état"),
    "teacher": _l("enseignant"),
    "title": _l("titre"),
    "to": _l("jusqu'au"),
    "tries_portal": _l("essaie le portail"),
    "version": _l("version"),
    "is_open": _l("ouvert"),
    "opens_at": _l("ouvre à"),
    "closes_at": _l("ferme à"),
    "welcome": _l("nom dit à l'accueil"),
    "notice": _l("message lu en premier"),
    "notice_until": _l("message lu jusqu'au"),
    "secret": _l("code famille demandé"),
    "takes_hidden": _l("numéros masqués acceptés"),
    "months_kept": _l("mois gardés"),
    "numbers": _l("numéros"),
    "provider": _l("prestataire accepté"),
    "written": _l("écrit"),
    "spoken": _l("prononcé"),
    "voice_words": _l("coût de l'appel"),
}
_VALUES: Mapping[str, str | Promise] = {
    "present": _l("présent"),
    "absent": _l("absent"),
    "excused": _l("excusé"),
    "invitation": _l("invitation"),
    "reset": _l("nouvel accès"),
    "telephone": _l("nouveau téléphone"),
    "to_open": _l("à ouvrir"),
    "active": _l("active"),
    "suspended": _l("suspendue"),
    "closed": _l("fermée"),
    "never": _l("jamais"),
    "unknown": _l("quand le numéro n'est pas connu"),
    "always": _l("toujours"),
    **{str(role): role.label for role in Role},
}
_NOTHING = "\u2013"


def action_text(action: str) -> str:
    """What was done; an action of an older version keeps its own name."""
    return str(ACTIONS.get(action, action.replace("_", " ")))


def changes(before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    """The facts of an entry, by name: before, after; "" for what is not told."""
    was, now = _flat(before), _flat(after)
    for name in [*was, *(name for name in now if name not in was)]:
        yield _name(name), _value(was.get(name, "")), _value(now.get(name, ""))


def _flat(facts: Any) -> dict[str, Any]:
    if facts is None:
        return {}
    return facts if isinstance(facts, dict) else {"number" if isinstance(facts, int) else "state": facts}


def _name(name: str) -> str:
    return str(_FACTS.get(name, name.replace("_", " ")))


def _value(value: Any) -> str:
    if value is True or value is False:
        return _("oui") if value else _("non")
    if value is None or value == []:
        return _NOTHING
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_value, value))
    if isinstance(value, dict):
        return ", ".join(f"{_name(name)} {_value(inner)}" for name, inner in value.items())
    return _text(str(value))


def _text(value: str) -> str:
    """A word of the product in French, a day or an instant as agents write them, anything else as it stands."""
    if value in _VALUES:
        return str(_VALUES[value])
    try:
        if len(value) == 10:
            return day_text(date.fromisoformat(value))
        at = datetime.fromisoformat(value) if len(value) > 16 and value[4:5] == "-" else None
    except ValueError:
        return value
    if at is None or at.tzinfo is None:
        return value
    here = at.astimezone(context.current().zone)
    return _("%(day)s à %(hour)s") % {"day": day_text(here), "hour": hour_text(here)}
