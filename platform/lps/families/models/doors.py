"""What families ask at their door: a code found again, a link, a copy of their data."""

from django.db import models
from django.db.models import Q

from lps.families.models.households import Household


class RecoveryRequest(models.Model):
    """Somebody who lost their codes typed an e-mail address; a worker answers it, so that the page tells nothing.

    The address is forgotten with the answer.
    """

    email = models.TextField("courriel saisi, chiffré", blank=True)
    received_at = models.DateTimeField("reçue le")
    answered_at = models.DateTimeField("traitée le", null=True, blank=True)

    class Meta:
        verbose_name = "demande de codes"
        ordering = ("pk",)
        indexes = (models.Index(fields=("id",), condition=Q(answered_at__isnull=True), name="recovery_to_answer"),)

    def __str__(self) -> str:
        return f"demande {self.pk}"


class FamilyLink(models.Model):
    """A link sent to an address on file, usable once: to read one's codes, or to finish signing in on a new device.

    The calendar's is made by the family and read again and again, until it is revoked or a year has passed.

    `expires_at` and `used_at` are real time: a moved clock neither revives nor kills a link.
    """

    class Purpose(models.TextChoices):
        CODES = "codes", "retrouver ses codes"
        DEVICE = "device", "nouvel appareil"
        ADDRESS = "address", "prouver son adresse"
        CALENDAR = "calendar", "calendrier"

    household = models.ForeignKey(Household, models.CASCADE, related_name="links")
    purpose = models.CharField("objet", max_length=8, choices=Purpose)
    lookup = models.CharField("empreinte du jeton", max_length=32)
    address = models.TextField("adresse, chiffrée", blank=True)
    expires_at = models.DateTimeField("valable jusqu'au")
    used_at = models.DateTimeField("utilisé le", null=True, blank=True)

    class Meta:
        verbose_name = "lien personnel"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("lookup",), name="family_link_once"),)

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.household_id}"


class DataRequest(models.Model):
    """What a family asks about its personal data (accès, rectification, effacement…), for the agents to answer."""

    class Kind(models.TextChoices):
        RECTIFY = "rectify", "corriger mes données"
        ERASE = "erase", "effacer mes données"
        RESTRICT = "restrict", "limiter l'usage de mes données"
        OBJECT = "object", "m'opposer à un usage"
        OTHER = "other", "autre demande"

    household = models.ForeignKey(Household, models.CASCADE, related_name="data_requests")
    kind = models.CharField("demande", max_length=8, choices=Kind)
    words = models.TextField("précisions", max_length=2000, blank=True)
    received_at = models.DateTimeField("reçue le")
    answered_at = models.DateTimeField("traitée le", null=True, blank=True)
    answer = models.TextField("réponse", max_length=2000, blank=True)

    class Meta:
        verbose_name = "demande sur les données personnelles"
        ordering = ("-received_at", "-pk")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.household_id})"
