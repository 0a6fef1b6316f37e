"""The public registry: which communes exist, under which hosts, and their wrapped keys.

What a town decides lives in its own schema (`tenants.town`). No other table refers to these.
"""

import uuid
from zoneinfo import ZoneInfo

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from lps.kernel import clock


class CommuneState(models.TextChoices):
    TO_OPEN = "to_open", "à ouvrir"
    ACTIVE = "active", "active"
    SUSPENDED = "suspended", "suspendue"
    CLOSED = "closed", "fermée"
    ERASED = "erased", "effacée"


class Commune(TenantMixin):
    """A commune: its identity, its schema, its state and its data key, wrapped by the application's."""

    auto_create_schema = False
    auto_drop_schema = False

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField("nom d'hôte", max_length=60, unique=True, db_index=False)
    header_name = models.CharField("nom en tête de page", max_length=120)
    place_name = models.CharField("nom de la commune", max_length=120)
    place_of = models.CharField("avec sa préposition", max_length=120)
    insee = models.CharField("code INSEE", max_length=5, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    time_zone = models.CharField("fuseau horaire", max_length=40, default="Europe/Paris")
    state = models.CharField("état", max_length=10, choices=CommuneState, default=CommuneState.ACTIVE)
    # What people read while it is not active; the day counts while it is to be opened.
    state_reason = models.CharField("motif", max_length=300, blank=True)
    opens_on = models.DateField("ouvre aux familles le", null=True, blank=True)
    # Names of `tenants.offers`; none is closed unless the vendor says so.
    closed_offers = models.JSONField("services fermés", default=list, db_default=[], blank=True)
    # The catalogue template that it was opened with, and its version: « jeudi-17h 1 ».
    catalogue = models.CharField("modèle de catalogue", max_length=40, blank=True, default="", db_default="")
    wrapped_key = models.TextField("clé de données, enveloppée", blank=True)
    created_at = models.DateTimeField("ouverte le", default=clock.now)

    class Meta:
        verbose_name = "commune"
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.header_name

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its deadlines and its days are counted."""
        return ZoneInfo(self.time_zone)


class Host(DomainMixin):
    """A host name that belongs to a commune beside the one made of its slug and the base domain."""

    class Meta:
        verbose_name = "hôte"


class Line(models.Model):
    """A telephone number of the voice server (E.164) and the commune that answers there."""

    number = models.CharField("numéro", max_length=16, primary_key=True)
    commune = models.ForeignKey(Commune, models.CASCADE, related_name="lines", verbose_name="commune")

    class Meta:
        verbose_name = "ligne du serveur vocal"
        verbose_name_plural = "lignes du serveur vocal"
        ordering = ("number",)

    def __str__(self) -> str:
        return self.number


class OperatorLine(models.Model):
    """Where a telephone operator hands us its calls: an account that registers, or addresses that it calls from.

    `commune` is whose account it is, none for the vendor's own. Which commune a number belongs to is told by `Line`.
    """

    class Kind(models.TextChoices):
        REGISTRATION = "account", "compte à enregistrer chez l'opérateur"
        ADDRESS = "address", "adresses d'où l'opérateur appelle"

    class State(models.TextChoices):
        UNKNOWN = "", "pas encore essayée"
        REGISTERED = "registered", "enregistrée"
        WAITING = "waiting", "pas enregistrée"
        REJECTED = "rejected", "refusée par l'opérateur"
        UNREADABLE = "unreadable", "mot de passe illisible"
        READY = "ready", "attend les appels"

    name = models.CharField("nom", max_length=80)
    commune = models.ForeignKey(
        Commune, models.CASCADE, null=True, blank=True, related_name="operator_lines", verbose_name="commune"
    )
    kind = models.CharField("sorte", max_length=7, choices=Kind)
    server = models.CharField("serveur", max_length=255, blank=True)
    username = models.CharField("identifiant", max_length=64, blank=True)
    password = models.TextField("mot de passe, chiffré", blank=True)
    proxy = models.CharField("serveur mandataire", max_length=255, blank=True)
    contact = models.CharField("numéro appelé", max_length=32, blank=True)
    networks = models.CharField("adresses", max_length=400, blank=True)
    is_open = models.BooleanField("en service", default=True)
    # What the voice server last read of Asterisk.
    state = models.CharField("état", max_length=10, choices=State, blank=True)
    state_since = models.DateTimeField("depuis", null=True)
    calls = models.PositiveIntegerField("appels en cours", default=0)

    class Meta:
        verbose_name = "ligne d'opérateur"
        verbose_name_plural = "lignes d'opérateurs"
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["name"], name="operator_line_name_once", violation_error_message="Ce nom est déjà pris."
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def takes_calls(self) -> bool:
        """Whether Asterisk last said that calls come by it."""
        return self.state in (self.State.REGISTERED, self.State.READY)


class VoiceServer(models.Model):
    """A voice server and the Asterisk that it looks after, as they last told of themselves."""

    class Exchange(models.TextChoices):
        NONE = "", "aucun"
        UP = "up", "répond"
        DOWN = "down", "ne répond pas"

    name = models.CharField("nom", max_length=120, primary_key=True)
    started_at = models.DateTimeField("démarré le")
    seen_at = models.DateTimeField("vu le")
    calls = models.PositiveIntegerField("appels en cours", default=0)
    exchange = models.CharField("Asterisk", max_length=4, choices=Exchange, blank=True)

    class Meta:
        verbose_name = "serveur vocal"
        verbose_name_plural = "serveurs vocaux"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class SchemaTemplate(models.Model):
    """The SQL that makes an empty commune, dumped once from a migrated schema (see `tenants.schemas`)."""

    fingerprint = models.CharField(primary_key=True, max_length=64)
    statements = models.TextField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "schéma modèle"


class Export(models.Model):
    """The whole of a commune asked for as one file: by whom, how far it is, and its sums once it stands."""

    class State(models.TextChoices):
        ASKED = "asked", "demandé"
        MAKING = "making", "en cours"
        READY = "ready", "prêt"
        FAILED = "failed", "échoué"
        REMOVED = "removed", "retiré"

    commune = models.ForeignKey(Commune, models.CASCADE, related_name="exports", verbose_name="commune")
    state = models.CharField("état", max_length=8, choices=State, default=State.ASKED)
    asked_kind = models.CharField("sorte de demandeur", max_length=12)
    asked_key = models.CharField("clé du demandeur", max_length=64)
    asked_by = models.CharField("demandé par", max_length=120)
    asked_at = models.DateTimeField("demandé le", default=clock.now)
    # The commune's data key under the passphrase, which nobody keeps.
    sealed_key = models.TextField("clé scellée")
    tries = models.PositiveSmallIntegerField("essais", default=0)
    finished_at = models.DateTimeField("fini le", null=True)
    path = models.CharField("fichier", max_length=120, blank=True)
    size = models.BigIntegerField("octets", default=0)
    digest = models.CharField("empreinte du fichier", max_length=64, blank=True)
    content = models.CharField("empreinte du contenu", max_length=64, blank=True)
    rows = models.BigIntegerField("lignes", default=0)
    files = models.IntegerField("fichiers", default=0)

    class Meta:
        verbose_name = "export"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("commune",), condition=models.Q(state__in=("asked", "making")), name="export_one_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.commune_id} {self.state}"


class Notice(models.Model):
    """What the vendor tells some communes or all of them: an announcement to their agents, or a maintenance.

    All instants are true time. `slugs` names the communes; none means all.
    """

    class Kind(models.TextChoices):
        ANNOUNCEMENT = "announcement", "annonce aux agents"
        MAINTENANCE = "maintenance", "maintenance"

    kind = models.CharField("sorte", max_length=12, choices=Kind)
    text = models.CharField("texte", max_length=500)
    slugs = models.JSONField("communes", default=list, blank=True)
    starts_at = models.DateTimeField("à partir du")
    ends_at = models.DateTimeField("jusqu'au")
    canceled_at = models.DateTimeField("annulée le", null=True, blank=True)
    written_by = models.CharField("par", max_length=120)

    class Meta:
        verbose_name = "annonce ou maintenance"
        verbose_name_plural = "annonces et maintenances"
        ordering = ("-starts_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="notice_ends_later"),
        )
        indexes = (models.Index(fields=("ends_at",), name="notice_end"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%Y-%m-%d %H:%M}"
