"""What accounts add to the agents' rail."""

from django.utils.translation import gettext_lazy as _

from lps.ui.nav import SETTINGS, NavItem

RAIL = (NavItem("accounts_office:account", _("Mon compte"), "office.enter", SETTINGS),)
