"""What bookings add to the agents' rail."""

from django.utils.translation import gettext_lazy as _

from booking.rights import COUNT_MEALS, READ_DAY
from lps.ui.nav import NavItem

RAIL = (
    NavItem("booking_office:days", _("Pointage"), READ_DAY),
    NavItem("booking_office:kitchen", _("Cuisine"), COUNT_MEALS),
)
