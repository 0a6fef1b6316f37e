"""Through which door something was done, in the words that parents read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Channel(TextChoices):
    WEB = "web", _("web")
    VOICE = "voice", _("serveur vocal")
    OFFICE = "office", _("mairie")
    API = "api", _("API")
    AUTOMATIC = "automatic", _("automatique")
