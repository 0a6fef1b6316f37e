"""What bookings add to the tabs and to the agents' rail."""

from django.utils.translation import gettext_lazy as _

from booking import absences
from booking.rights import (
    ANSWER_ABSENCES,
    COUNT_MEALS,
    READ_ABSENCES,
    READ_ANSWERS,
    READ_CALENDAR,
    READ_CATALOGUE,
    READ_CLOSURES,
    READ_COUNTER,
    READ_DAY,
    READ_PERIODS,
    READ_WAITING,
)
from lps.accounts.rights import allowed
from lps.journal.actors import Actor
from lps.ui.nav import COMMUNICATION, SETTINGS, NavItem


def absences_to_examine(actor: Actor) -> int:
    """What waits behind "Absences" for who answers them; nothing is counted for the others."""
    return absences.to_examine(actor).order_by().count() if allowed(actor, ANSWER_ABSENCES) else 0


# `permission` is the name under which a town shows or hides a tab.
TABS = (NavItem("booking:pre_registration", _("Préinscription"), "preinscription"),)
RAIL = (
    NavItem("booking_office:days", _("Pointage"), READ_DAY),
    NavItem("booking_office:absences", _("Absences"), READ_ABSENCES, waiting=absences_to_examine),
    NavItem("booking_office:kitchen", _("Cuisine"), COUNT_MEALS),
    NavItem("booking_office:waiting_lists", _("Listes d'attente"), READ_WAITING),
    NavItem("booking_office:campaigns", _("Préinscriptions"), READ_ANSWERS, COMMUNICATION),
    NavItem("booking_office:catalogue", _("Activités et dates limites"), READ_CATALOGUE, SETTINGS),
    NavItem("booking_office:calendar", _("Calendrier"), READ_CALENDAR, SETTINGS),
    NavItem("booking_office:periods", _("Périodes"), READ_PERIODS, SETTINGS),
    NavItem("booking_office:closures", _("Fermetures"), READ_CLOSURES, SETTINGS),
)
# The tabs of one family's page; their addresses take its key.
FAMILY_TABS = (
    NavItem("booking_office:family_bookings", _("Réservations"), READ_COUNTER),
    NavItem("booking_office:family_answers", _("Préinscriptions"), READ_COUNTER),
    NavItem("booking_office:family_journal", _("Journal et reçus"), READ_COUNTER),
    NavItem("booking_office:family_absences", _("Absences"), READ_ABSENCES),
)
