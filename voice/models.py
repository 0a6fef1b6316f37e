"""What a town decides about its telephone door, and the calls that it took."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from lps.kernel import clock


class VoiceSettings(models.Model):
    """One row per commune, made the first time that it decides something: see `voice.queries.settings`."""

    class Secret(models.TextChoices):
        NEVER = "never", "jamais"
        UNKNOWN = "unknown", "quand le numéro appelant n'est pas connu"
        ALWAYS = "always", "à chaque appel"

    is_open = models.BooleanField("serveur vocal ouvert", default=True)
    opens_at = models.TimeField("à partir de", null=True, blank=True)
    closes_at = models.TimeField("jusqu'à", null=True, blank=True)
    welcome = models.CharField("nom annoncé", max_length=120, blank=True)
    notice = models.CharField("message lu en premier", max_length=300, blank=True)
    notice_until = models.DateField("lu jusqu'au", null=True, blank=True)
    takes_hidden = models.BooleanField("appels dont le numéro est masqué acceptés", default=True, db_default=True)
    secret = models.CharField("demander le code famille", max_length=7, choices=Secret, default=Secret.NEVER)
    months_kept = models.PositiveSmallIntegerField(
        "appels gardés (mois)", default=6, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )

    # The secret of a provider that calls our webhook, sealed.
    provider_secret = models.TextField("secret du prestataire, chiffré", blank=True, default="", db_default="")

    class Meta:
        verbose_name = "réglages du serveur vocal"
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="voice_settings_single_row"),)

    def __str__(self) -> str:
        return "serveur vocal ouvert" if self.is_open else "serveur vocal fermé"


class Call(models.Model):
    """A call: who (masked), through which door, what became of it, and where its time went.

    `steps` holds `[seconds since the beginning, stage]`, a pair a step: neither keys nor codes. `state` is that of a
    dialogue that waits between two requests (page, webhook), sealed, and empty once it has ended.
    """

    class Door(models.TextChoices):
        TELEPHONE = "telephone", "téléphone"
        WEBHOOK = "webhook", "téléphone, par un prestataire"
        TRIAL = "trial", "essai par un agent"

    class Outcome(models.TextChoices):
        RUNNING = "running", "en cours"
        SAVED = "saved", "enregistré"
        NOTHING = "nothing", "rien de changé"
        HUNG_UP = "hung_up", "raccroché en route"
        REFUSED = "refused", "refusé : trop d'essais"
        HIDDEN = "hidden", "refusé : numéro masqué"
        SHUT = "shut", "serveur vocal fermé"
        FAILED = "failed", "panne"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    called_at = models.DateTimeField("date", default=clock.now)
    door = models.CharField("par", max_length=9, choices=Door)
    caller = models.CharField("numéro appelant, masqué", max_length=20, blank=True)
    caller_lookup = models.CharField("empreinte du numéro", max_length=32, blank=True)
    outcome = models.CharField("issue", max_length=8, choices=Outcome, default=Outcome.RUNNING)
    seconds = models.PositiveIntegerField("durée (secondes)", default=0)
    steps = models.JSONField("étapes", default=list)
    last_stage = models.CharField("dernière étape", max_length=10, blank=True)
    state = models.TextField("état, chiffré", blank=True)

    class Meta:
        verbose_name = "appel"
        ordering = ("-called_at", "-pk")
        indexes = (models.Index(fields=["-called_at"], name="call_called_at"),)

    def __str__(self) -> str:
        return f"{self.called_at:%Y-%m-%d %H:%M} {self.outcome}"


class Pronunciation(models.Model):
    """How a word is said: what is written, and what the voice reads instead."""

    written = models.CharField("écrit", max_length=60)
    spoken = models.CharField("prononcé", max_length=120)

    class Meta:
        verbose_name = "prononciation"
        ordering = ("written",)
        constraints = (
            models.UniqueConstraint(
                fields=("written",),
                name="pronunciation_once",
                violation_error_message="Ce mot a déjà sa prononciation.",
            ),
        )

    def __str__(self) -> str:
        return self.written


class Piece(models.Model):
    """A piece of a sentence that a worker renders ahead; once it has, its words are forgotten and its name stays.

    `is_shared`: it says nothing of the town, and lies with those of all.
    """

    name = models.CharField("empreinte", max_length=64)
    words = models.TextField("texte", blank=True)
    is_shared = models.BooleanField("commune à tous")
    asked_at = models.DateTimeField("demandée le")
    made_at = models.DateTimeField("dite le", null=True, blank=True)
    tries = models.PositiveSmallIntegerField("essais", default=0)

    class Meta:
        verbose_name = "morceau de phrase"
        ordering = ("asked_at", "pk")
        constraints = (models.UniqueConstraint(fields=("name",), name="piece_once"),)

    def __str__(self) -> str:
        return self.name[:12]


class Recording(models.Model):
    """What somebody of the town said into a microphone, heard instead of the voice; `digest` names its file."""

    words = models.CharField("phrase", max_length=300)
    digest = models.CharField("empreinte", max_length=64)
    seconds = models.FloatField("durée (secondes)")
    recorded_at = models.DateTimeField("reçu le")

    class Meta:
        verbose_name = "enregistrement"
        ordering = ("words",)
        constraints = (models.UniqueConstraint(fields=("words",), name="recording_once"),)

    def __str__(self) -> str:
        return self.words[:40]
