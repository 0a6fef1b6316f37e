"""What the telephone adds to the agents' rail."""

from django.utils.translation import gettext_lazy as _

from lps.ui.nav import COMMUNICATION, NavItem
from voice.rights import READ_VOICE

RAIL = (NavItem("voice_office:home", _("Serveur vocal"), READ_VOICE, COMMUNICATION, of_all=True),)
