"""What a town received, and which invoices it settles."""

from django.db import models
from django.db.models import Q


class TillDay(models.Model):
    """A day of a régie's till (journée de caisse): open, then counted and locked."""

    cash_office = models.ForeignKey("billing.CashOffice", models.PROTECT, related_name="till_days")
    day = models.DateField("jour")
    counted_cash = models.DecimalField("espèces comptées", max_digits=10, decimal_places=2, null=True, blank=True)
    expected_cash = models.DecimalField("espèces attendues", max_digits=10, decimal_places=2, null=True, blank=True)
    note = models.CharField("explication de l'écart", max_length=200, blank=True)
    closed_at = models.DateTimeField("arrêtée le", null=True, blank=True)
    closed_by = models.CharField("par", max_length=120, blank=True)

    class Meta:
        verbose_name = "journée de caisse"
        verbose_name_plural = "journées de caisse"
        ordering = ("-day", "pk")
        constraints = (
            models.UniqueConstraint(fields=("cash_office", "day"), name="till_day_once"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(counted_cash__isnull=False, expected_cash__isnull=False),
                name="till_day_closed_is_counted",
            ),
        )

    def __str__(self) -> str:
        return f"{self.cash_office_id} {self.day}"


class Remittance(models.Model):
    """A slip of cheques handed to the Treasury (bordereau de remise)."""

    cash_office = models.ForeignKey("billing.CashOffice", models.PROTECT, related_name="remittances")
    made_at = models.DateTimeField("fait le")
    made_by = models.CharField("par", max_length=120)

    class Meta:
        verbose_name = "bordereau de remise"
        verbose_name_plural = "bordereaux de remise"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"bordereau {self.pk}"


class ReceiptCounter(models.Model):
    """The last receipt numbered in a year: its row is locked while a payment takes its number."""

    year = models.PositiveSmallIntegerField("année", primary_key=True)
    last = models.PositiveIntegerField("dernier numéro", default=0)

    class Meta:
        verbose_name = "compteur des quittances"
        verbose_name_plural = "compteurs des quittances"
        ordering = ("year",)

    def __str__(self) -> str:
        return f"{self.year} {self.last}"


class Payment(models.Model):
    """Money received (règlement), or given back when it reverses another one: written once.

    `year` and `rank` are its receipt's (`Q-2026-000123`), without gap.
    """

    class Means(models.TextChoices):
        CASH = "cash", "espèces"
        CHEQUE = "cheque", "chèque"
        CESU = "cesu", "CESU"
        TRANSFER = "transfer", "virement"
        CARD = "payfip_card", "carte bancaire (PayFiP)"
        DEBIT = "payfip_debit", "prélèvement (PayFiP)"

    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+")
    cash_office = models.ForeignKey("billing.CashOffice", models.PROTECT, related_name="payments")
    amount = models.DecimalField("montant", max_digits=10, decimal_places=2)
    means = models.CharField("moyen", max_length=12, choices=Means)
    year = models.PositiveSmallIntegerField("année")
    rank = models.PositiveIntegerField("numéro de quittance")
    received_at = models.DateTimeField("reçu le")
    # The commune's day: the day of the till.
    day = models.DateField("jour")
    noted_by = models.CharField("par", max_length=120)
    cheque_bank = models.CharField("banque", max_length=60, blank=True)
    cheque_number = models.CharField("numéro de chèque", max_length=20, blank=True)
    reference = models.CharField("référence", max_length=60, blank=True)
    reason = models.CharField("motif", max_length=200, blank=True)
    attempt = models.OneToOneField(
        "billing.PaymentAttempt", models.PROTECT, related_name="payment", null=True, blank=True
    )
    # The desk's form: sent twice, it gives the first receipt again.
    jeton = models.UUIDField("jeton", unique=True, null=True, blank=True, editable=False)
    reverses = models.OneToOneField("self", models.PROTECT, related_name="reversal", null=True, blank=True)

    class Meta:
        verbose_name = "règlement"
        ordering = ("-year", "-rank")
        constraints = (
            models.UniqueConstraint(fields=("year", "rank"), name="payment_receipt_once"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount__gt=0) | Q(reverses__isnull=False, amount__lt=0),
                name="payment_sign",
            ),
            models.CheckConstraint(
                condition=Q(attempt__isnull=True) | Q(means__in=("payfip_card", "payfip_debit")),
                name="payment_online_means",
            ),
        )
        indexes = (models.Index(fields=("cash_office", "day"), name="payment_of_day"),)

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What the receipt (quittance) says."""
        return f"Q-{self.year:04}-{self.rank:06}"


class RemittedCheque(models.Model):
    """That a cheque went with a slip: once."""

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="remitted", primary_key=True)
    remittance = models.ForeignKey(Remittance, models.PROTECT, related_name="cheques")

    class Meta:
        verbose_name = "chèque remis"
        verbose_name_plural = "chèques remis"
        ordering = ("payment",)

    def __str__(self) -> str:
        return f"{self.payment_id} {self.remittance_id}"


class Allocation(models.Model):
    """How much of a payment, or of a credit note, settles an invoice (imputation): written once.

    Negative when it takes back what a reversed payment had settled, or the use of a credit, which it then `reverses`.
    What a payment did not settle is a credit.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations", null=True, blank=True)
    credit_note = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="given", null=True, blank=True)
    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="settled_by")
    amount = models.DecimalField("montant", max_digits=10, decimal_places=2)
    at = models.DateTimeField("imputé le")
    by = models.CharField("par", max_length=120)
    reverses = models.OneToOneField("self", models.PROTECT, related_name="reversal", null=True, blank=True)
    reason = models.CharField("motif", max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name = "imputation"
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(payment__isnull=False, credit_note__isnull=True)
                | Q(payment__isnull=True, credit_note__isnull=False),
                name="allocation_one_source",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="allocation_of_something"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | Q(amount__lt=0), name="allocation_reversal_takes_back"
            ),
        )

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.amount}"
