"""The rail of the console."""

from django.utils.translation import gettext_lazy as _

from lps.ui.nav import NavItem

RAIL = (NavItem("console:communes", _("Communes"), "console.enter"),)
