"""The outbox of a commune, and the addresses that its families proved to be theirs."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from lps.kernel import clock
from tenants import keys

ADDRESS_PURPOSE = "address"
FACTS_PURPOSE = "message"
LEASE = timedelta(minutes=10)


class Kind(models.TextChoices):
    EMAIL = "email", "e-mail"


class State(models.TextChoices):
    WAITING = "waiting", "en attente"
    SENDING = "sending", "en cours d'envoi"
    SENT = "sent", "envoyé"
    DEAD = "dead", "abandonné"


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    def claimable(self, *, now: datetime, real_now: datetime) -> "OutboxQuerySet":
        """Due by the product's clock, or claimed by a worker that never came back (true time)."""
        due = Q(state=State.WAITING, due_at__lte=now)
        abandoned = Q(state=State.SENDING, claimed_at__lt=real_now - LEASE)
        return self.filter(due | abandoned)


class OutboxMessage(models.Model):
    """A message to one address, written in the transaction of what it tells and sent after it.

    The address and the facts (they hold links and names) are sealed under the commune's key.
    """

    kind = models.CharField("sorte", max_length=5, choices=Kind, default=Kind.EMAIL)
    to = models.TextField("destinataire, chiffré")
    template = models.CharField("modèle", max_length=120)
    facts = models.TextField("contenu, chiffré")
    requested_by = models.CharField("demandé par", max_length=80)
    dedup_key = models.CharField("clé d'unicité", max_length=160, null=True, blank=True)
    message_id = models.CharField("Message-ID", max_length=200)
    created_at = models.DateTimeField("créé le", default=clock.now)
    due_at = models.DateTimeField("à envoyer à partir du", default=clock.now)

    state = models.CharField("état", max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    claim = models.UUIDField("jeton d'envoi", null=True, blank=True)
    claimed_at = models.DateTimeField("pris le", null=True, blank=True)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)
    last_error = models.CharField("dernier échec", max_length=40, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = "message à envoyer"
        verbose_name_plural = "messages à envoyer"
        ordering = ("due_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("dedup_key",), condition=Q(dedup_key__isnull=False), name="outbox_dedup_key_once"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.SENDING) | Q(claim__isnull=False, claimed_at__isnull=False),
                name="outbox_sending_has_claim",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.SENT) | Q(sent_at__isnull=False), name="outbox_sent_has_date"
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                condition=Q(state__in=(State.WAITING, State.SENDING)),
                name="outbox_to_send",
            ),
            models.Index(fields=("created_at",), condition=Q(state=State.DEAD), name="outbox_dead"),
        )

    def __str__(self) -> str:
        return f"{self.template} {self.message_id}"

    @property
    def address(self) -> str:
        """The address in clear; raises `tenants.keys.KeyLost` under another commune's key."""
        return keys.decrypt(self.to, purpose=ADDRESS_PURPOSE)


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
