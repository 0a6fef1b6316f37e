"""The rail of the console."""

from django.utils.translation import gettext_lazy as _

from lps.console.rights import ENTER, EXPORT_TOWN, MANAGE_OPERATORS, READ_JOURNAL
from lps.ui.nav import SETTINGS, NavItem

RAIL = (
    NavItem("console:communes", _("Communes"), ENTER),
    NavItem("console:operators", _("Exploitants"), MANAGE_OPERATORS, SETTINGS),
    NavItem("console:journal", _("Journal"), READ_JOURNAL, SETTINGS),
    NavItem("accounts_office:account", _("Mon compte"), ENTER, SETTINGS),
)
# On the agents' rail of a commune.
OFFICE_RAIL = (NavItem("console_office:exports", _("Exporter la commune"), EXPORT_TOWN, SETTINGS),)
