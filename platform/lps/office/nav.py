"""What the office adds to the agents' rail."""

from django.utils.translation import gettext_lazy as _

from lps.ui.nav import NavItem

RAIL = (NavItem("office:today", _("Aujourd'hui"), "office.enter"),)
