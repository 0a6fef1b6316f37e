"""What billing adds to the families' tabs and to the agents' rail."""

from lps.ui.nav import NavItem

TABS: list[NavItem] = []
RAIL: list[NavItem] = []
FAMILY_TABS: list[NavItem] = []
