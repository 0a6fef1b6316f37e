"""The outbox of a commune: e-mails and SMS written with what they tell, sent after it."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from lps.kernel import clock
from notifications.rules.hours import MessageClass
from tenants import keys

ADDRESS_PURPOSE = "address"
FACTS_PURPOSE = "message"
LEASE = timedelta(minutes=10)


class Kind(models.TextChoices):
    EMAIL = "email", "e-mail"
    SMS = "sms", "SMS"


class State(models.TextChoices):
    WAITING = "waiting", "en attente"
    SENDING = "sending", "en cours d'envoi"
    SENT = "sent", "envoyé"
    DEAD = "dead", "abandonné"
    # An SMS that was leaving when its worker died: the provider is asked, and it is never sent again by itself.
    UNKNOWN = "unknown", "sort inconnu"


class Class(models.TextChoices):
    """Why it is sent: `rules.hours.MessageClass` says when each may leave."""

    SERVICE = MessageClass.SERVICE, "service"
    NEWS = MessageClass.NEWS, "actualité"
    DANGER = MessageClass.DANGER, "danger"


class Outcome(models.TextChoices):
    """What the operator said of a message that left."""

    DELIVERED = "delivered", "remis"
    FAILED = "failed", "non remis"


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

    message_class = models.CharField(
        "classe", max_length=7, choices=Class, default=Class.SERVICE, db_default=Class.SERVICE
    )
    campaign = models.ForeignKey(
        "notifications.Campaign", models.PROTECT, related_name="messages", null=True, blank=True, db_index=False
    )
    # Of an SMS: how many parts, what the provider calls it, what it cost in euros, what became of it.
    parts = models.PositiveSmallIntegerField("nombre de SMS", default=1, db_default=1)
    provider_ref = models.CharField("référence du prestataire", max_length=80, blank=True, db_default="")
    cost = models.DecimalField("coût (euros)", max_digits=8, decimal_places=4, null=True, blank=True)
    outcome = models.CharField("remise", max_length=9, choices=Outcome, blank=True, db_default="")
    outcome_reason = models.CharField("raison", max_length=60, blank=True, db_default="")
    outcome_at = models.DateTimeField("remise dite le", null=True, blank=True)

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
            models.Index(fields=("campaign",), condition=Q(campaign__isnull=False), name="outbox_campaign"),
            models.Index(fields=("provider_ref",), condition=~Q(provider_ref=""), name="outbox_provider_ref"),
        )

    def __str__(self) -> str:
        return f"{self.template} {self.message_id}"

    @property
    def address(self) -> str:
        """The address in clear; raises `tenants.keys.KeyLost` under another commune's key."""
        return keys.decrypt(self.to, purpose=ADDRESS_PURPOSE)
