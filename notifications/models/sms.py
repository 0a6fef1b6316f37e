"""The town's SMS service: how it sends, its topics, who subscribed to what, and the proof of it."""

from datetime import time
from decimal import Decimal

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from notifications.addresses import validate_sender_local, validate_sender_name
from tenants import keys

CREDENTIALS_PURPOSE = "sms-provider"
SUBSCRIBER_PURPOSE = "sms-subscriber"


class SendingSettings(models.Model):
    """How a commune sends: one row. The provider's credentials are sealed under the commune's key."""

    class Provider(models.TextChoices):
        NONE = "", "aucun"
        CONSOLE = "console", "console (essais)"
        OVH = "ovh", "OVHcloud"
        BREVO = "brevo", "Brevo"

    # Who e-mails come from: "" is the commune's own name, and `ne-pas-repondre` at its portal's host.
    email_name = models.CharField(
        "nom d'expéditeur des courriels",
        max_length=60,
        blank=True,
        default="",
        db_default="",
        validators=[validate_sender_name],
    )
    email_local = models.CharField(
        "adresse d'expéditeur des courriels",
        max_length=40,
        blank=True,
        default="",
        db_default="",
        validators=[validate_sender_local],
    )
    reply_to = models.EmailField("adresse de réponse des courriels", blank=True)
    provider = models.CharField("prestataire SMS", max_length=7, choices=Provider, blank=True, default=Provider.NONE)
    credentials = models.TextField("identifiants du prestataire, chiffrés", blank=True)
    # Part of the address that the provider calls back: who does not know it is nobody.
    webhook_token = models.CharField("jeton du prestataire", max_length=43, blank=True)
    sender = models.CharField(
        "nom d'expéditeur",
        max_length=11,
        blank=True,
        validators=[
            RegexValidator(
                r"^(?=.*[A-Za-z])[A-Za-z0-9 ]{3,11}$", "De 3 à 11 lettres, chiffres ou espaces, sans accent."
            )
        ],
    )
    part_price = models.DecimalField("prix d'un SMS (euros)", max_digits=6, decimal_places=4, default=Decimal("0.0700"))
    monthly_cap = models.DecimalField(
        "plafond du mois (euros)",
        max_digits=8,
        decimal_places=2,
        default=Decimal(100),
        validators=[MinValueValidator(Decimal(0))],
    )
    opens = models.TimeField("actualités à partir de", default=time(8))
    closes = models.TimeField("actualités jusqu'à", default=time(20))
    # The town's stop button: nothing leaves by SMS while it is set.
    stopped_at = models.DateTimeField("envois arrêtés depuis le", null=True, blank=True)
    stopped_by = models.CharField("par", max_length=120, blank=True)

    form_is_open = models.BooleanField("formulaire public ouvert", default=True)
    welcome = models.TextField("texte d'accueil du formulaire", max_length=2000, blank=True)
    # Which fields the form shows, and which of them it requires: {"first_name": "required", "landline": "shown"}.
    fields = models.JSONField("champs du formulaire", default=dict, blank=True)

    class Meta:
        verbose_name = "réglages d'envoi"
        verbose_name_plural = "réglages d'envoi"
        constraints = (
            models.CheckConstraint(condition=Q(pk=1), name="sending_settings_single_row"),
            models.CheckConstraint(
                condition=Q(opens__lt=F("closes")),
                name="sending_settings_hours",
                violation_error_message="L'heure de fin vient après l'heure de début.",
            ),
        )

    def __str__(self) -> str:
        return "réglages d'envoi"


class Topic(models.Model):
    """What a resident may subscribe to (thème)."""

    name = models.CharField("nom", max_length=120)
    order = models.PositiveSmallIntegerField("ordre", default=0)
    # No longer offered; its subscriptions end with it.
    retired_at = models.DateTimeField("retiré le", null=True, blank=True)

    class Meta:
        verbose_name = "thème"
        ordering = ("order", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("name",),
                condition=Q(retired_at__isnull=True),
                name="topic_once",
                violation_error_message="Ce thème existe déjà.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Subscriber(models.Model):
    """A resident whose mobile was proved by a code. Number and identity are sealed; `lookup` finds the number."""

    number = models.TextField("numéro, chiffré")
    lookup = models.CharField("empreinte du numéro", max_length=64)
    # {"title": …, "last_name": …, "first_name": …, "street": …, …}: what the town's form asked.
    identity = models.TextField("identité, chiffrée", blank=True)
    proved_at = models.DateTimeField("numéro prouvé le")

    class Meta:
        verbose_name = "abonné SMS"
        verbose_name_plural = "abonnés SMS"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("lookup",), name="subscriber_once"),)

    def __str__(self) -> str:
        return f"abonné {self.pk}"

    @property
    def clear_number(self) -> str:
        """The number in E.164; raises `tenants.keys.KeyLost` under another commune's key."""
        return keys.decrypt(self.number, purpose=SUBSCRIBER_PURPOSE)


class Consent(models.Model):
    """That a subscriber agreed to one topic, in which words, when, by which door and proof; then when and how it ended.

    A consent that ended stays for its term; agreeing again is a new row.
    """

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="consents")
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="consents")
    wording = models.TextField("texte accepté", max_length=2000)
    given_at = models.DateTimeField("donné le")
    channel = models.CharField("canal", max_length=10)
    proof = models.CharField("preuve", max_length=80)
    ended_at = models.DateTimeField("retiré le", null=True, blank=True)
    ended_by = models.CharField("retiré par", max_length=40, blank=True)

    class Meta:
        verbose_name = "consentement"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("subscriber", "topic"), condition=Q(ended_at__isnull=True), name="consent_in_force_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("given_at")), name="consent_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.topic_id}"


class NumberCode(models.Model):
    """A code sent to a number that asks to subscribe, to change or to stop: used once, within its time and its tries.

    `asked` seals what the form held, applied when the code comes back.
    """

    lookup = models.CharField("empreinte du numéro", max_length=64)
    code_hash = models.CharField("empreinte du code", max_length=64)
    asked = models.TextField("demande, chiffrée")
    made_at = models.DateTimeField("fait le")
    expires_at = models.DateTimeField("valable jusqu'au")
    tries = models.PositiveSmallIntegerField("essais", default=0)
    used_at = models.DateTimeField("utilisé le", null=True, blank=True)

    class Meta:
        verbose_name = "code d'un numéro"
        verbose_name_plural = "codes des numéros"
        ordering = ("-pk",)
        indexes = (models.Index(fields=("lookup", "-id"), name="number_code_lookup"),)

    def __str__(self) -> str:
        return f"code {self.pk}"
