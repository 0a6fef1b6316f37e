"""The rail of the console, and what it adds to the agents' rail."""

from django.utils.translation import gettext_lazy as _

from lps.console.rights import (
    ENTER,
    EXPORT_TOWN,
    MANAGE_OPERATORS,
    READ_JOURNAL,
    READ_PURGES,
    READ_TELEPHONE,
    READ_USAGE,
    READ_VISITS,
)
from lps.ui.nav import SETTINGS, NavItem

OFFICE_RAIL = (
    NavItem("console_office:visits", _("Visites de l'éditeur"), READ_VISITS, SETTINGS),
    NavItem("console_office:purges", _("Durées de conservation"), READ_PURGES, SETTINGS),
    NavItem("console_office:exports", _("Exporter la commune"), EXPORT_TOWN, SETTINGS),
)
RAIL = (
    NavItem("console:communes", _("Communes"), ENTER),
    NavItem("console:usage", _("Usage"), READ_USAGE),
    NavItem("console:notices", _("Annonces et maintenances"), ENTER),
    NavItem("console:telephone", _("Téléphone"), READ_TELEPHONE),
    NavItem("console:erasures", _("Effacements"), ENTER),
    NavItem("console:operators", _("Exploitants"), MANAGE_OPERATORS, SETTINGS),
    NavItem("console:journal", _("Journal"), READ_JOURNAL, SETTINGS),
    NavItem("accounts_office:account", _("Mon compte"), ENTER, SETTINGS),
)
