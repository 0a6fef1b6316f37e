"""The rail of the console."""

from django.utils.translation import gettext_lazy as _

from lps.console.rights import ENTER, MANAGE_OPERATORS, READ_JOURNAL
from lps.ui.nav import SETTINGS, NavItem

RAIL = (
    NavItem("console:communes", _("Communes"), ENTER),
    NavItem("console:operators", _("Exploitants"), MANAGE_OPERATORS, SETTINGS),
    NavItem("console:journal", _("Journal"), READ_JOURNAL, SETTINGS),
    NavItem("accounts_office:account", _("Mon compte"), ENTER, SETTINGS),
)
