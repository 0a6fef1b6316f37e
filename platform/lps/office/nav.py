"""What the office adds to the agents' rail."""

from django.utils.translation import gettext_lazy as _

from lps.office.rights import (
    CHANGE_TOWN,
    MANAGE_AGENTS,
    MANAGE_TOKENS,
    READ_DELIVERIES,
    READ_JOURNAL,
    READ_MESSAGES,
    READ_RULES,
    READ_SENDINGS,
    READ_SMS,
    SET_SENDING,
    SET_UP,
)
from lps.ui.nav import COMMUNICATION, SETTINGS, NavItem

RAIL = (
    NavItem("office:today", _("Aujourd'hui"), "office.enter"),
    NavItem("office:mailings", _("Écrire aux familles"), READ_SENDINGS, COMMUNICATION),
    NavItem("office:sms_service", _("Service SMS"), READ_SMS, COMMUNICATION),
    NavItem("office:messages", _("Messages d'accueil"), READ_MESSAGES, COMMUNICATION),
    NavItem("office:deliveries", _("Messages non partis"), READ_DELIVERIES, COMMUNICATION, of_all=True),
    NavItem("office:rules", _("Règlements"), READ_RULES, COMMUNICATION),
)
# After what bookings add under the same heading.
LAST_RAIL = (
    NavItem("office:town", _("Ma mairie"), CHANGE_TOWN, SETTINGS),
    NavItem("office:sending", _("Courriels et SMS"), SET_SENDING, SETTINGS),
    NavItem("office:agents", _("Agents"), MANAGE_AGENTS, SETTINGS),
    NavItem("office:tokens", _("Autres logiciels"), MANAGE_TOKENS, SETTINGS),
    NavItem("office:journal", _("Journal"), READ_JOURNAL, SETTINGS),
    NavItem("office:set_up", _("Mise en route"), SET_UP, SETTINGS),
)
