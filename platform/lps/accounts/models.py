"""Accounts, API tokens and sessions. Each commune's schema has its own; public holds the operators'."""

from django.db import models
from django.db.models import Q

from lps.kernel import clock


class Account(models.Model):
    """An agent of a commune, or an operator in the registry: e-mail, password and one-time code."""

    email = models.EmailField("adresse e-mail")
    email_key = models.CharField("adresse en minuscules", max_length=254)
    name = models.CharField("nom", max_length=120)
    password = models.CharField("mot de passe, haché", max_length=200)
    totp_secret = models.TextField("secret du code à usage unique, chiffré")
    # The time step of the last code accepted: a code is never accepted twice.
    totp_last_step = models.BigIntegerField(default=0)
    roles = models.JSONField("rôles", default=list)
    # Where an agent works: keys of schools, keys of activities. Empty means everywhere, everything.
    sites = models.JSONField("écoles", default=list, blank=True)
    activities = models.JSONField("activités", default=list, blank=True)
    is_active = models.BooleanField("actif", default=True)
    # Raised when every open session must end: new password, account switched off.
    generation = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("créé le", default=clock.now)
    last_sign_in_at = models.DateTimeField("dernière connexion", null=True)

    class Meta:
        verbose_name = "compte"
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("email_key",), name="account_email_once"),)

    def __str__(self) -> str:
        return self.name


class AccountLink(models.Model):
    """A link usable once by an agent: to accept an invitation, to choose a new password and telephone, or to change
    the telephone alone.

    All instants are true time.
    """

    class Purpose(models.TextChoices):
        INVITATION = "invitation", "invitation"
        RESET = "reset", "nouvel accès"
        TELEPHONE = "telephone", "nouveau téléphone"

    account = models.ForeignKey(Account, models.CASCADE, related_name="links")
    purpose = models.CharField("objet", max_length=10, choices=Purpose)
    lookup = models.CharField("empreinte du jeton", max_length=32)
    expires_at = models.DateTimeField("valable jusqu'au")
    used_at = models.DateTimeField("utilisé le", null=True, blank=True)

    class Meta:
        verbose_name = "lien d'agent"
        verbose_name_plural = "liens d'agents"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("lookup",), name="account_link_once"),)

    def __str__(self) -> str:
        return f"{self.purpose} {self.account_id}"


class RecoveryCode(models.Model):
    """A code printed once, which stands for the telephone's one time: only its keyed hash is kept."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="recovery_codes")
    lookup = models.CharField("empreinte", max_length=32)
    used_at = models.DateTimeField("utilisé le", null=True, blank=True)

    class Meta:
        verbose_name = "code de secours"
        verbose_name_plural = "codes de secours"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("account", "lookup"), name="recovery_code_once"),)

    def __str__(self) -> str:
        return f"{self.account_id}"


class ApiToken(models.Model):
    """A key given to the town's other software. The token itself is shown once and never kept."""

    name = models.CharField("logiciel", max_length=120)
    lookup_hash = models.CharField("empreinte", max_length=32)
    scopes = models.JSONField("portées", default=list)
    created_at = models.DateTimeField("créé le", default=clock.now)
    expires_at = models.DateTimeField("expire le", null=True)
    revoked_at = models.DateTimeField("révoqué le", null=True)
    last_used_at = models.DateTimeField("dernier usage", null=True)

    class Meta:
        verbose_name = "jeton d'API"
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("lookup_hash",), name="api_token_lookup_once"),)

    def __str__(self) -> str:
        return self.name


class ApiAnswer(models.Model):
    """What a call of the API was answered, given back when the call is sent again under the same key.

    `digest` tells whether it is the same call. Answers name children by their keys: they are kept for a month.
    """

    jeton = models.UUIDField("clé d'idempotence, hachée", primary_key=True, editable=False)
    digest = models.CharField("empreinte de la demande", max_length=64)
    status = models.PositiveSmallIntegerField("état", default=0)
    headers = models.JSONField("en-têtes", default=dict)
    # Text, because the database would put the names of a JSON field in an order of its own.
    body = models.TextField("corps")
    kept_at = models.DateTimeField("gardée le", default=clock.real_now)

    class Meta:
        verbose_name = "réponse de l'API"
        verbose_name_plural = "réponses de l'API"
        indexes = (models.Index(fields=("kept_at",), name="api_answer_age"),)

    def __str__(self) -> str:
        return f"{self.status} {self.jeton}"


class DoorSession(models.Model):
    """A session opened at one door. The cookie's value is not here, only its keyed hash.

    All instants are true time. `expires_at` is the earlier of the end by inactivity and of the
    absolute end; `data` holds no personal data.
    """

    key = models.UUIDField(primary_key=True, editable=False)
    door = models.CharField("porte", max_length=8)
    holder = models.CharField("titulaire", max_length=40, blank=True)
    generation = models.PositiveIntegerField(default=0)
    data = models.JSONField(default=dict)
    device = models.CharField("appareil", max_length=80, blank=True)
    created_at = models.DateTimeField(default=clock.real_now)
    seen_at = models.DateTimeField(default=clock.real_now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = "session"
        constraints = (
            models.CheckConstraint(
                condition=Q(expires_at__gte=models.F("created_at")), name="session_expires_after_creation"
            ),
        )
        indexes = (
            models.Index(fields=("holder",), name="session_holder"),
            models.Index(fields=("expires_at",), name="session_expiry"),
        )

    def __str__(self) -> str:
        return f"{self.door} {self.holder}"
