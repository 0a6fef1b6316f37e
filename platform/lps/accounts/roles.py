"""What an agent does in the town hall, what an operator does for the vendor; an account may hold several roles."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    ADMINISTRATOR = "administrateur", _("administrateur")
    CASH_OFFICE = "régie", _("régie")
    SCHOOL = "scolaire", _("scolaire")
    CANTEEN = "cantine", _("cantine")
    ACTIVITIES = "animation", _("animation")
    READ_ONLY = "lecture", _("lecture seule")
    OPERATOR = "operator", _("exploitant")
    SUPPORT = "support", _("assistance")
    INVOICING = "facturation", _("facturation")


# Reading alone is a role at both doors.
OPERATOR_ROLES = frozenset({Role.OPERATOR, Role.SUPPORT, Role.INVOICING, Role.READ_ONLY})
AGENT_ROLES = frozenset(Role) - OPERATOR_ROLES | {Role.READ_ONLY}
