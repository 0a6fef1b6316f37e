"""What the office adds to the agents' rail."""

from django.utils.translation import gettext_lazy as _

from lps.office.rights import READ_MESSAGES
from lps.ui.nav import COMMUNICATION, NavItem

RAIL = (
    NavItem("office:today", _("Aujourd'hui"), "office.enter"),
    NavItem("office:messages", _("Messages d'accueil"), READ_MESSAGES, COMMUNICATION),
)
