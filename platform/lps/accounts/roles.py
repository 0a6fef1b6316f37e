"""What an agent does in the town hall; an account may hold several roles."""

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


AGENT_ROLES = frozenset(Role) - {Role.OPERATOR}
