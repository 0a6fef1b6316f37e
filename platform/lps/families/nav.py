"""What families add to the tabs and to the agents' rail."""

from django.utils.translation import gettext_lazy as _

from lps.families.rights import (
    ANSWER_REQUESTS,
    FIND_FAMILIES,
    IMPORT_FAMILIES,
    OPEN_FAMILY,
    PRINT_CODES,
    ROLL_OVER,
)
from lps.ui.nav import FAMILIES, NavItem

# `permission` is the name under which a town shows or hides a tab.
TABS = (NavItem("families:children", _("Planning"), "planning"),)
LAST_TABS = (NavItem("families:help", _("aide")),)
RAIL = (
    NavItem("families_office:families", _("Familles"), FIND_FAMILIES, FAMILIES),
    NavItem("families_office:imports", _("Importer"), IMPORT_FAMILIES, FAMILIES, of_all=True),
    NavItem("families_office:letters", _("Lettres de codes"), PRINT_CODES, FAMILIES),
    NavItem("families_office:rollover", _("Passage d'année"), ROLL_OVER, FAMILIES),
    NavItem("families_office:requests", _("Demandes des familles"), ANSWER_REQUESTS, FAMILIES),
)
# The tabs of one family's page; their addresses take its key.
FAMILY_TABS = (NavItem("families_office:family", _("Famille"), OPEN_FAMILY),)
