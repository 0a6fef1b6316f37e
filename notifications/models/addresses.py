"""Addresses that families proved to be theirs, what they want to be told there, and those that answer no more."""

from django.db import models
from django.db.models import Q

from notifications.models.outbox import ADDRESS_PURPOSE, Kind
from tenants import keys


class AddressQuerySet(models.QuerySet["Address"]):
    def in_force(self) -> "AddressQuerySet":
        """Proved, and its consent not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class Address(models.Model):
    """An address that its holder proved (followed a link), with the consent given then.

    A withdrawn row stays: it shows which wording was accepted, when, and until when.
    """

    holder = models.CharField("titulaire", max_length=80)
    kind = models.CharField("sorte", max_length=5, choices=Kind, default=Kind.EMAIL)
    value = models.TextField("adresse, chiffrée")
    lookup = models.CharField("empreinte de l'adresse", max_length=64)
    consent = models.CharField("version du consentement", max_length=60)
    proved_at = models.DateTimeField("prouvée le")
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name = "adresse prouvée"
        verbose_name_plural = "adresses prouvées"
        ordering = ("proved_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("holder", "kind", "lookup"),
                condition=Q(withdrawn_at__isnull=True),
                name="address_in_force_once",
                violation_error_message="Cette adresse est déjà enregistrée.",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=models.F("proved_at")),
                name="address_withdrawn_after_proof",
            ),
        )
        indexes = (models.Index(fields=("lookup",), name="address_lookup"),)

    def __str__(self) -> str:
        return f"{self.holder} ({self.get_kind_display()})"

    @property
    def address(self) -> str:
        """The address in clear; raises `tenants.keys.KeyLost` under another commune's key."""
        return keys.decrypt(self.value, purpose=ADDRESS_PURPOSE)


class Preference(models.Model):
    """That a proved address wants, or no longer wants, one kind of message. Without a row: the kind's own default.

    `topic` names the kind, declared by the app that sends it: "reminder", "save", "offer", "invoice", "payment",
    "closure", "news".
    """

    address = models.ForeignKey(Address, models.CASCADE, related_name="preferences")
    topic = models.CharField("sorte de message", max_length=20)
    wanted = models.BooleanField("souhaité")
    changed_at = models.DateTimeField("changé le")

    class Meta:
        verbose_name = "préférence"
        ordering = ("address", "topic")
        constraints = (models.UniqueConstraint(fields=("address", "topic"), name="preference_once"),)

    def __str__(self) -> str:
        return f"{self.address_id} {self.topic} {self.wanted}"


class Blocked(models.Model):
    """An address or a number to which nothing is sent any more: it bounced, complained, or answered STOP.

    `lookup` is its hash: the number itself is not kept. Lifted when its holder proves it again.
    """

    class Why(models.TextChoices):
        BOUNCE = "bounce", "adresse refusée"
        COMPLAINT = "complaint", "signalée comme indésirable"
        STOP = "stop", "STOP"

    kind = models.CharField("sorte", max_length=5, choices=Kind)
    lookup = models.CharField("empreinte", max_length=64)
    why = models.CharField("pourquoi", max_length=9, choices=Why)
    at = models.DateTimeField("depuis le")
    lifted_at = models.DateTimeField("levé le", null=True, blank=True)

    class Meta:
        verbose_name = "adresse arrêtée"
        verbose_name_plural = "adresses arrêtées"
        ordering = ("-at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "lookup"), condition=Q(lifted_at__isnull=True), name="blocked_in_force_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.why}"
