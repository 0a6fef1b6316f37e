"""Billing runs, their drafts, and the invoices issued from them."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from lps.kernel import clock


class BillingRun(models.Model):
    """A batch of invoices (lot): draft, checked, validated, published, closed.

    A run of kind "correction" asks or gives back the difference between what its days cost now and what was invoiced
    for them; `corrects` is the month's run that invoiced them, some of whose days it has or all. `problems` is what the
    last check found: `{"code": "no_tariff", "count": 3, "rows": […]}`.
    """

    class Kind(models.TextChoices):
        MONTH = "month", "factures"
        CORRECTION = "correction", "corrections"

    class State(models.TextChoices):
        DRAFT = "draft", "brouillon"
        CHECKED = "checked", "vérifié"
        VALIDATED = "validated", "validé"
        PUBLISHED = "published", "publié"
        CLOSED = "closed", "clos"

    cash_office = models.ForeignKey("billing.CashOffice", models.PROTECT, related_name="runs")
    kind = models.CharField("nature", max_length=10, choices=Kind, default=Kind.MONTH)
    label = models.CharField("libellé", max_length=60)
    first_day = models.DateField("premier jour facturé")
    last_day = models.DateField("dernier jour facturé")
    due_date = models.DateField("date d'échéance")
    # The first instant at which it can no longer be paid online.
    online_until = models.DateTimeField("payable en ligne jusqu'au", null=True, blank=True)
    corrects = models.ForeignKey(
        "self", models.PROTECT, verbose_name="lot corrigé", related_name="corrections", null=True, blank=True
    )
    # Why it was made: families read it on their credit note or complementary invoice.
    reason = models.CharField("motif", max_length=200, blank=True, default="", db_default="")
    # Households that a correction is kept to; everybody when empty.
    households = ArrayField(models.BigIntegerField(), verbose_name="familles concernées", default=list, blank=True)
    state = models.CharField("état", max_length=9, choices=State, default=State.DRAFT)
    # Raised by each computation: what was checked is what is validated.
    version = models.PositiveIntegerField(default=0)
    # The digest of the tariffs, quotients and residence it was computed with: see `services.basis`.
    basis = models.CharField("empreinte des tarifs", max_length=64, blank=True, default="", db_default="")
    year = models.PositiveSmallIntegerField("année", null=True, blank=True)
    number = models.PositiveSmallIntegerField("numéro du lot", null=True, blank=True)
    problems = models.JSONField("points à vérifier", default=list, blank=True)
    made_at = models.DateTimeField("créé le", default=clock.now)
    made_by = models.CharField("par", max_length=120)
    computed_at = models.DateTimeField("calculé le", null=True, blank=True)
    checked_at = models.DateTimeField("vérifié le", null=True, blank=True)
    validated_at = models.DateTimeField("validé le", null=True, blank=True)
    published_at = models.DateTimeField("publié le", null=True, blank=True)
    closed_at = models.DateTimeField("clos le", null=True, blank=True)

    class Meta:
        verbose_name = "lot de facturation"
        verbose_name_plural = "lots de facturation"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("year", "number"), name="billing_run_number_once"),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="billing_run_days",
                violation_error_message="Le lot finit avant de commencer.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "checked"), number__isnull=True, year__isnull=True)
                | Q(
                    state__in=("validated", "published", "closed"),
                    number__isnull=False,
                    year__isnull=False,
                    validated_at__isnull=False,
                ),
                name="billing_run_numbered_once_validated",
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def origin(self) -> "BillingRun":
        """The month's run that first invoiced its days: itself, unless it corrects another."""
        return self.corrects or self


class InvoiceContent(models.Model):
    """What an invoice says of its payer, as on the day it was computed."""

    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+")
    payer_name = models.CharField("payeur", max_length=160)
    street = models.CharField("adresse", max_length=200, blank=True)
    postal_code = models.CharField("code postal", max_length=10, blank=True)
    city = models.CharField("ville", max_length=80, blank=True)
    qf = models.DecimalField("quotient familial", max_digits=8, decimal_places=2, null=True, blank=True)
    resident = models.BooleanField("habitant de la commune", default=True)
    total = models.DecimalField("total (euros)", max_digits=10, decimal_places=2)
    line_count = models.PositiveIntegerField("nombre de lignes")

    class Meta:
        abstract = True


class LineContent(models.Model):
    """One line: a child, a service, its days, how many and how much each.

    `kind` says what it is about (`rules.pricing.Kind`); the days are those counted, for the family's own check.
    """

    position = models.PositiveIntegerField("rang")
    kind = models.CharField("nature", max_length=16)
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    child_name = models.CharField("enfant", max_length=60, blank=True)
    activity = models.ForeignKey(
        "booking.Activity", models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    tariff = models.ForeignKey(
        "billing.Tariff", models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    label = models.CharField("libellé", max_length=160)
    days = ArrayField(models.DateField(), verbose_name="jours", default=list, blank=True)
    quantity = models.DecimalField("quantité", max_digits=8, decimal_places=2)
    unit_price = models.DecimalField("prix unitaire", max_digits=8, decimal_places=2)
    amount = models.DecimalField("montant", max_digits=10, decimal_places=2)

    class Meta:
        abstract = True


class DraftInvoice(InvoiceContent):
    """An invoice of a draft run: thrown away and made again at will."""

    run = models.ForeignKey(BillingRun, models.CASCADE, related_name="drafts")

    class Meta:
        verbose_name = "projet de facture"
        verbose_name_plural = "projets de factures"
        ordering = ("run", "pk")
        constraints = (models.UniqueConstraint(fields=("run", "household"), name="draft_invoice_once"),)

    def __str__(self) -> str:
        return f"{self.run_id} {self.household_id}"


class DraftLine(LineContent):
    """A line of a draft; of a correction, with what its days were invoiced `before` and cost `now`."""

    draft = models.ForeignKey(DraftInvoice, models.CASCADE, related_name="lines")
    before = models.DecimalField("déjà facturé", max_digits=10, decimal_places=2, null=True, blank=True)
    now = models.DecimalField("dû maintenant", max_digits=10, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = "ligne d'un projet"
        verbose_name_plural = "lignes des projets"
        ordering = ("draft", "position")

    def __str__(self) -> str:
        return self.label


class InvoiceCounter(models.Model):
    """The last rank and the last run numbered in a year: its row is locked while a run takes its numbers."""

    year = models.PositiveSmallIntegerField("année", primary_key=True)
    last_rank = models.PositiveIntegerField("dernier rang", default=0)
    last_run = models.PositiveSmallIntegerField("dernier lot", default=0)

    class Meta:
        verbose_name = "compteur des factures"
        verbose_name_plural = "compteurs des factures"
        ordering = ("year",)

    def __str__(self) -> str:
        return f"{self.year} {self.last_rank}"


class Invoice(InvoiceContent):
    """An issued invoice, or a credit note (avoir) when its total is negative: written once.

    `number` is `2012-001-000056`, `order_number` `2012-04-00-56`, `refdet` the number without dashes. Until when it can
    be paid online is decided after it was written, at publication: the run says it, for all its invoices.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "facture"
        COMPLEMENT = "complement", "facture complémentaire"
        CREDIT_NOTE = "credit_note", "avoir"

    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="invoices")
    kind = models.CharField("nature", max_length=11, choices=Kind, default=Kind.INVOICE)
    year = models.PositiveSmallIntegerField("année")
    rank = models.PositiveIntegerField("rang de l'année")
    number = models.CharField("numéro de facture", max_length=20)
    order_number = models.CharField("numéro de commande", max_length=20)
    label = models.CharField("libellé", max_length=60)
    issued_at = models.DateTimeField("émise le")
    due_date = models.DateField("date d'échéance")

    class Meta:
        verbose_name = "facture"
        ordering = ("-year", "-rank")
        constraints = (
            models.UniqueConstraint(fields=("year", "rank"), name="invoice_rank_once"),
            models.UniqueConstraint(fields=("number",), name="invoice_number_once"),
            models.UniqueConstraint(fields=("run", "household"), name="invoice_once_a_run"),
            models.CheckConstraint(
                condition=Q(kind="credit_note", total__lt=0) | (~Q(kind="credit_note") & Q(total__gte=0)),
                name="invoice_sign_of_kind",
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def online_until(self) -> datetime | None:
        """The first instant at which it can no longer be paid online, None until its run is published."""
        return self.run.online_until

    @property
    def refdet(self) -> str:
        """The debt's reference at the Treasury: 6 to 30 letters or digits."""
        return self.number.replace("-", "")


class InvoiceLine(LineContent):
    """A line of an issued invoice: written once, with its invoice."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")

    class Meta:
        verbose_name = "ligne de facture"
        verbose_name_plural = "lignes de factures"
        ordering = ("invoice", "position")

    def __str__(self) -> str:
        return self.label


class InvoiceDocument(models.Model):
    """The PDF of an invoice, once made."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="document", primary_key=True)
    path = models.CharField("fichier", max_length=200)
    sha256 = models.CharField("empreinte", max_length=64)
    made_at = models.DateTimeField("fait le")

    class Meta:
        verbose_name = "PDF d'une facture"
        verbose_name_plural = "PDF des factures"
        ordering = ("invoice",)

    def __str__(self) -> str:
        return self.path


class Adjustment(models.Model):
    """A line that an agent adds to a household's next invoice (régularisation), negative to give back."""

    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+")
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+", null=True, blank=True)
    cash_office = models.ForeignKey("billing.CashOffice", models.PROTECT, related_name="adjustments")
    label = models.CharField("libellé", max_length=160)
    amount = models.DecimalField("montant", max_digits=8, decimal_places=2)
    noted_at = models.DateTimeField("notée le")
    noted_by = models.CharField("par", max_length=120)
    # The run that takes it: given back by a run computed again or thrown away, for good once it is validated.
    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="adjustments", null=True, blank=True)

    class Meta:
        verbose_name = "régularisation"
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(amount=0),
                name="adjustment_of_something",
                violation_error_message="Une régularisation de zéro euro ne change rien.",
            ),
        )

    def __str__(self) -> str:
        return self.label
