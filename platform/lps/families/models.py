"""Families as towns know them: households with their code, children with theirs, and who has whom when.

A code is kept twice: a keyed hash to find it, the clear value sealed under the commune's key so that
the town can print the letter again. Names carry a sort key computed here (`lps.kernel.text`).
"""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from lps.families import codes
from lps.kernel import clock
from lps.kernel.text import sort_key
from tenants import keys

HEALTH_PURPOSE = "health"
# In place of the hash of a code, with the row's key, once a family or a child is erased.
ERASED = "erased:"


def email_key(email: str) -> str:
    """What two spellings of one mailbox share."""
    return email.strip().casefold()


class Household(models.Model):
    """A household (famille on screen): the family code, which is the payer's code too, and the address."""

    name = models.CharField("nom", max_length=80)
    name_sort = models.CharField(max_length=80, editable=False)
    code = models.TextField("code famille, chiffré", blank=True)
    code_lookup = models.CharField("empreinte du code famille", max_length=32)
    code_renewed_at = models.DateTimeField("code renouvelé le", default=clock.now)
    # Raised with each new code: sessions and known devices bear the number under which they were opened.
    generation = models.PositiveIntegerField(default=1, editable=False)
    street = models.CharField("adresse", max_length=200, blank=True)
    postal_code = models.CharField("code postal", max_length=10, blank=True)
    city = models.CharField("ville", max_length=80, blank=True)
    # Chosen by the town to come in while its portal is to be opened.
    tries_portal = models.BooleanField("essaie le portail avant son ouverture", default=False)

    class Meta:
        verbose_name = "famille"
        ordering = ("name_sort", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("code_lookup",),
                name="household_code_once",
                violation_error_message="Ce code famille est déjà attribué.",
            ),
        )
        indexes = (GinIndex(fields=("name_sort",), opclasses=("gin_trgm_ops",), name="household_name_like"),)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_sort = sort_key(self.name)
        super().save(*args, **kwargs)

    @property
    def holder(self) -> str:
        """How sessions, addresses and consents name this household."""
        return f"household:{self.pk}"

    @property
    def is_erased(self) -> bool:
        """Whether its personal data were taken away: the row stays for the facts that refer to it."""
        return self.code_lookup.startswith(ERASED)

    @property
    def family_code(self) -> str:
        """The code in clear, for the town's letter and the family's own pages."""
        return codes.reveal_family_code(self.code)


class Guardian(models.Model):
    """A guardian (représentant légal) of a household; one of them pays."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="guardians")
    title = models.CharField("civilité", max_length=10, blank=True)
    first_name = models.CharField("prénom", max_length=60)
    last_name = models.CharField("nom", max_length=80)
    name_sort = models.CharField(max_length=140, blank=True, db_default="", editable=False)
    email = models.EmailField("courriel", blank=True)
    email_key = models.CharField(max_length=254, blank=True, editable=False)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    is_payer = models.BooleanField("payeur", default=False)

    class Meta:
        verbose_name = "représentant"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("household",),
                condition=Q(is_payer=True),
                name="guardian_one_payer",
                violation_error_message="Cette famille a déjà un payeur.",
            ),
        )
        indexes = (
            models.Index(fields=("email_key",), condition=~Q(email_key=""), name="guardian_email"),
            GinIndex(fields=("name_sort",), opclasses=("gin_trgm_ops",), name="guardian_name_like"),
        )

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_key = email_key(self.email)
        self.name_sort = sort_key(f"{self.last_name} {self.first_name}")
        super().save(*args, **kwargs)


class Diet(models.Model):
    """What a child does not eat (régime), as a fact about food: "sans porc". Never a religion (CNIL, NS-058)."""

    name = models.CharField("nom", max_length=40)
    order = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "régime alimentaire"
        verbose_name_plural = "régimes alimentaires"
        ordering = ("order", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("name",), name="diet_once", violation_error_message="Ce régime existe déjà."
            ),
        )

    def __str__(self) -> str:
        return self.name


class SchoolYear(models.Model):
    """A school year (année scolaire); two never overlap."""

    name = models.CharField("nom", max_length=20)
    during = DateRangeField("du … au …")

    class Meta:
        verbose_name = "année scolaire"
        ordering = ("during",)
        constraints = (
            ExclusionConstraint(
                name="school_year_no_overlap",
                expressions=[("during", RangeOperators.OVERLAPS)],
                violation_error_message="Ces deux années scolaires se chevauchent.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A school or another place where activities are held (lieu)."""

    name = models.CharField("nom", max_length=100)
    is_school = models.BooleanField("école", default=True)

    class Meta:
        verbose_name = "lieu"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("name",), name="site_name_once", violation_error_message="Ce lieu existe déjà."
            ),
        )

    def __str__(self) -> str:
        return self.name


class Teacher(models.Model):
    """A teacher (enseignant), as parents name them: "Mme Formatrice"."""

    title = models.CharField("civilité", max_length=10)
    last_name = models.CharField("nom", max_length=80)

    class Meta:
        verbose_name = "enseignant"
        ordering = ("last_name", "pk")

    def __str__(self) -> str:
        return f"{self.title} {self.last_name}"


class SchoolClass(models.Model):
    """A class of one school and one year."""

    name = models.CharField("nom", max_length=40)
    level = models.CharField("niveau", max_length=10)
    site = models.ForeignKey(Site, models.PROTECT, related_name="classes")
    school_year = models.ForeignKey(SchoolYear, models.PROTECT, related_name="classes")
    teacher = models.ForeignKey(Teacher, models.SET_NULL, null=True, blank=True, related_name="classes")

    class Meta:
        verbose_name = "classe"
        ordering = ("school_year", "site", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("school_year", "site", "name"),
                name="school_class_once",
                violation_error_message="Cette classe existe déjà cette année-là.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} - {self.teacher}" if self.teacher else self.name


class Child(models.Model):
    """A child, with a code of its own beside the family's."""

    first_name = models.CharField("prénom", max_length=60)
    last_name = models.CharField("nom", max_length=80)
    name_sort = models.CharField(max_length=140, editable=False)
    birth_date = models.DateField("né le", null=True, blank=True)
    diets = models.ManyToManyField(Diet, related_name="+", verbose_name="régimes", blank=True)
    # Personal data are taken away, the row stays for the bookings that refer to it.
    anonymized_at = models.DateTimeField("anonymisé le", null=True, blank=True, editable=False)
    code = models.TextField("code enfant, chiffré", blank=True)
    code_lookup = models.CharField("empreinte du code enfant", max_length=32)

    class Meta:
        verbose_name = "enfant"
        ordering = ("name_sort", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("code_lookup",),
                name="child_code_once",
                violation_error_message="Ce code enfant est déjà attribué.",
            ),
        )
        indexes = (GinIndex(fields=("name_sort",), opclasses=("gin_trgm_ops",), name="child_name_like"),)

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_sort = sort_key(f"{self.last_name} {self.first_name}")
        super().save(*args, **kwargs)

    @property
    def child_code(self) -> str:
        """The code in clear, for the family's pages, the letters and the telephone."""
        return codes.reveal_child_code(self.code)


class Custody(models.Model):
    """A child belongs to a household during a time (garde): two households when parents live apart."""

    child = models.ForeignKey(Child, models.CASCADE, related_name="custodies")
    household = models.ForeignKey(Household, models.CASCADE, related_name="custodies")
    valid_during = DateRangeField("du … au …")

    class Meta:
        verbose_name = "garde"
        ordering = ("pk",)
        constraints = (
            ExclusionConstraint(
                name="custody_no_overlap",
                expressions=[
                    ("child", RangeOperators.EQUAL),
                    ("household", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="Cet enfant est déjà rattaché à cette famille pendant cette période.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.child_id} ∈ {self.household_id}"


class Enrollment(models.Model):
    """A child sits in a class during a time (inscription scolaire); in one class at a time."""

    child = models.ForeignKey(Child, models.CASCADE, related_name="enrollments")
    school_class = models.ForeignKey(SchoolClass, models.PROTECT, related_name="enrollments")
    valid_during = DateRangeField("du … au …")
    rollover = models.ForeignKey("families.Rollover", models.SET_NULL, null=True, blank=True, related_name="made")

    class Meta:
        verbose_name = "inscription scolaire"
        ordering = ("pk",)
        constraints = (
            ExclusionConstraint(
                name="enrollment_one_class",
                expressions=[("child", RangeOperators.EQUAL), ("valid_during", RangeOperators.OVERLAPS)],
                violation_error_message="Cet enfant est déjà dans une classe pendant cette période.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.child_id} → {self.school_class_id}"


class Rollover(models.Model):
    """A passage to the next school year: prepared, then applied in one go, and undone as long as nothing depends on it.

    `plan` keeps what was decided: `{"levels": {"CP": "CE1", "CM2": ""}, "classes": {"12": 34, "13": null},
    "children": {"45": 0}}`, 0 for those who leave. `before` keeps what was cut short: `{"enrollments": {"12":
    "2027-09-01" or null}, "custodies": {…}}`, the ends that stood before, `"made": {"45": 34}` and
    `"left": [46]`, who got which class and who left, and `"followed"`, what other apps did then.
    """

    school_year = models.ForeignKey(SchoolYear, models.PROTECT, related_name="+")
    day = models.DateField("à partir du")
    plan = models.JSONField("ce qui est décidé", default=dict)
    applied_at = models.DateTimeField("fait le", null=True, blank=True)
    applied_by = models.CharField("par", max_length=120, blank=True)
    undone_at = models.DateTimeField("annulé le", null=True, blank=True)
    before = models.JSONField("ce qui a été raccourci", default=dict)

    class Meta:
        verbose_name = "passage d'année"
        verbose_name_plural = "passages d'année"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("school_year",),
                condition=Q(undone_at__isnull=True),
                name="rollover_once_a_year",
                violation_error_message="Le passage à cette année scolaire est déjà fait.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school_year_id}"


class Contact(models.Model):
    """Somebody to call, or who may, or may not, fetch a child (personne autorisée)."""

    class Kind(models.TextChoices):
        AUTHORIZED = "authorized", "autorisée à venir chercher l'enfant"
        EMERGENCY = "emergency", "à prévenir en cas d'urgence"
        FORBIDDEN = "forbidden", "n'a pas le droit de venir chercher l'enfant"

    child = models.ForeignKey(Child, models.CASCADE, related_name="contacts")
    kind = models.CharField("sorte", max_length=10, choices=Kind)
    name = models.CharField("nom", max_length=120)
    relation = models.CharField("lien avec l'enfant", max_length=60, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)

    class Meta:
        verbose_name = "personne autorisée"
        verbose_name_plural = "personnes autorisées"
        ordering = ("child", "kind", "pk")

    def __str__(self) -> str:
        return self.name


class HealthNote(models.Model):
    """A health fact of a child (PAI, allergie), sealed: read by the roles that need it, each reading logged."""

    class Kind(models.TextChoices):
        PAI = "pai", "PAI"
        ALLERGY = "allergy", "allergie"
        OTHER = "other", "autre"

    child = models.ForeignKey(Child, models.CASCADE, related_name="health_notes")
    kind = models.CharField("sorte", max_length=7, choices=Kind)
    words = models.TextField("précisions, chiffrées")
    own_meal = models.BooleanField("panier repas", default=False)
    valid_until = models.DateField("valable jusqu'au", null=True, blank=True)

    class Meta:
        verbose_name = "information de santé"
        verbose_name_plural = "informations de santé"
        ordering = ("child", "pk")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.child_id}"

    @property
    def opened(self) -> str:
        """The words in clear; raises `tenants.keys.KeyLost` under another commune's key."""
        return keys.decrypt(self.words, purpose=HEALTH_PURPOSE)


class ImportBatch(models.Model):
    """A file of families received: read and previewed, written only once accepted, by a worker.

    `report` holds what the preview says (rows to add, change, leave, and each bad line with its reason).
    """

    class State(models.TextChoices):
        RECEIVED = "received", "reçu"
        READ = "read", "lu, à vérifier"
        ACCEPTED = "accepted", "accepté, en attente"
        WRITING = "writing", "en cours d'écriture"
        DONE = "done", "terminé"
        FAILED = "failed", "refusé"

    file = models.CharField("fichier", max_length=200)
    file_name = models.CharField("nom du fichier", max_length=200)
    columns = models.JSONField("colonnes", default=dict)
    state = models.CharField("état", max_length=8, choices=State, default=State.RECEIVED)
    done = models.PositiveIntegerField("lignes faites", default=0)
    total = models.PositiveIntegerField("lignes", default=0)
    tries = models.PositiveSmallIntegerField("essais d'écriture", default=0, db_default=0)
    report = models.JSONField("compte rendu", default=dict)
    requested_by = models.CharField("demandé par", max_length=120)
    created_at = models.DateTimeField("reçu le", default=clock.now)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True)

    class Meta:
        verbose_name = "import"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.file_name


class LettersBatch(models.Model):
    """A request for the codes' letters (PDF), drawn by a worker, one file a class."""

    class State(models.TextChoices):
        ASKED = "asked", "demandé"
        DRAWING = "drawing", "en cours"
        DONE = "done", "prêt"
        FAILED = "failed", "échoué"

    # What was asked: `{"classes": [3, 4]}` or `{"household": 12}`; `files` lists name, label and pages of each file.
    asked = models.JSONField("demande", default=dict)
    state = models.CharField("état", max_length=7, choices=State, default=State.ASKED)
    done = models.PositiveIntegerField("fichiers faits", default=0)
    total = models.PositiveIntegerField("fichiers", default=0)
    files = models.JSONField("fichiers", default=list)
    requested_by = models.CharField("demandé par", max_length=120)
    created_at = models.DateTimeField("demandé le", default=clock.now)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True)

    class Meta:
        verbose_name = "lettres de codes"
        verbose_name_plural = "lettres de codes"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"lettres {self.pk}"

    @property
    def waits(self) -> bool:
        """Whether a worker is still to finish it."""
        return self.state in (self.State.ASKED, self.State.DRAWING)


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
