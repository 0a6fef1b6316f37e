"""One typed settings row per commune, its versions, and the messages of its home page."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from lps.kernel import clock


class TownSettings(models.Model):
    """Everything a town decides, in one row: read once per request, versioned, exported with it."""

    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=clock.now)
    catalogue_stamp = models.UUIDField(default=uuid.uuid4, editable=False)

    color = models.CharField(
        "couleur", max_length=7, default="#0b5a7a", validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$")]
    )
    logo = models.CharField("logo", max_length=200, blank=True)
    tagline = models.CharField("phrase d'accueil", max_length=200, blank=True)
    tabs = models.JSONField("onglets", default=list, blank=True)

    contact_name = models.CharField("qui appeler", max_length=120, blank=True)
    contact_phone = models.CharField("téléphone", max_length=20, blank=True)
    contact_email = models.EmailField("courriel", blank=True)
    contact_hours = models.CharField("horaires", max_length=200, blank=True)
    voice_number = models.CharField("serveur vocal", max_length=20, blank=True)
    voice_words = models.CharField("mention du serveur vocal", max_length=120, blank=True)

    child_code_length = models.PositiveSmallIntegerField(
        "longueur du code enfant", default=8, validators=[MinValueValidator(6), MaxValueValidator(10)]
    )
    family_code_length = models.PositiveSmallIntegerField(
        "longueur du code famille", default=8, validators=[MinValueValidator(6), MaxValueValidator(10)]
    )
    second_step = models.BooleanField("lien par e-mail sur un nouvel appareil", default=False)
    session_minutes = models.PositiveSmallIntegerField("fin de session après (minutes)", default=30)
    weeks_shown = models.PositiveSmallIntegerField(
        "semaines affichées", default=4, validators=[MinValueValidator(2), MaxValueValidator(10)]
    )
    school_zone = models.CharField("zone scolaire", max_length=12, default="C", blank=True)
    deadline_words = models.CharField("rappel de la date limite", max_length=200, blank=True)
    help_words = models.TextField("aide, en plus de celle du portail", max_length=5000, blank=True)
    treasury_name = models.CharField("trésorerie", max_length=120, blank=True)
    offer_hours = models.PositiveSmallIntegerField(
        "délai pour accepter une place (heures)",
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(168)],
    )
    set_up_skipped = models.JSONField("étapes passées", default=list, blank=True)
    set_up_at = models.DateTimeField("mise en route terminée le", null=True, blank=True)

    class Meta:
        verbose_name = "réglages"
        constraints = (
            models.CheckConstraint(condition=Q(pk=1), name="town_settings_single_row"),
            models.CheckConstraint(
                condition=Q(child_code_length__range=(6, 10), family_code_length__range=(6, 10)),
                name="town_settings_code_lengths",
            ),
            models.CheckConstraint(condition=Q(weeks_shown__range=(2, 10)), name="town_settings_weeks_shown"),
        )

    def __str__(self) -> str:
        return f"réglages, version {self.version}"


class Message(models.Model):
    """A message of the home page, shown from its start to its end."""

    title = models.CharField("titre", max_length=150)
    body = models.TextField("texte")
    is_draft = models.BooleanField("brouillon", default=False)
    starts_at = models.DateTimeField("affiché à partir du")
    ends_at = models.DateTimeField("jusqu'au", null=True, blank=True)

    class Meta:
        verbose_name = "message d'information"
        ordering = ("-starts_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")),
                name="message_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return self.title


class HouseRules(models.Model):
    """The rules that families accept online (règlement intérieur): a new text is a new version, in force from a day."""

    title = models.CharField("titre", max_length=150)
    body = models.TextField("texte", max_length=100_000)
    in_force_from = models.DateField("en vigueur à partir du")
    published_at = models.DateTimeField("publié le", null=True, blank=True)

    class Meta:
        verbose_name = "règlement"
        ordering = ("-in_force_from", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("in_force_from",),
                condition=Q(published_at__isnull=False),
                name="house_rules_one_a_day",
                violation_error_message="Un règlement entre déjà en vigueur ce jour-là.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title}, {self.in_force_from}"


class RulesAcceptance(models.Model):
    """Who accepted which version, and when: `household:12`, without foreign key, as a proof."""

    rules = models.ForeignKey(HouseRules, models.PROTECT, related_name="acceptances")
    holder = models.CharField("titulaire", max_length=40)
    accepted_at = models.DateTimeField("accepté le")

    class Meta:
        verbose_name = "acceptation du règlement"
        verbose_name_plural = "acceptations du règlement"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("holder", "rules"), name="rules_accepted_once"),)

    def __str__(self) -> str:
        return f"{self.holder} {self.rules_id}"
