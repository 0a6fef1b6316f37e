"""The régie: who collects, how families may pay online, and what the town decides for all its billing."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q


class BillingSettings(models.Model):
    """What a town decides for all its billing: one row."""

    show_prices = models.BooleanField("prix de la semaine à côté du planning", default=False)
    # Postal codes whose families are residents, when a family's own terms say nothing: ["78200"].
    resident_postal_codes = models.JSONField("codes postaux des habitants", default=list, blank=True)
    quotient_warning_days = models.PositiveSmallIntegerField(
        "prévenir avant la fin d'un quotient familial (jours)", default=30, validators=[MaxValueValidator(120)]
    )
    # Nobody is written to before an agent saw whom it would be, and said so; None until then.
    quotient_warnings_at = models.DateTimeField("familles prévenues depuis le", null=True, blank=True)
    unusual_amount = models.DecimalField(
        "montant inhabituel à partir de (euros)", max_digits=8, decimal_places=2, default=Decimal(500)
    )
    reminder_minimum = models.DecimalField(
        "ne pas relancer au-dessous de (euros)",
        max_digits=8,
        decimal_places=2,
        default=Decimal(5),
        validators=[MinValueValidator(Decimal(0))],
    )

    class Meta:
        verbose_name = "réglages de la facturation"
        verbose_name_plural = "réglages de la facturation"
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="billing_settings_single_row"),)

    def __str__(self) -> str:
        return "réglages de la facturation"


class CashOffice(models.Model):
    """A régie, or a product with its own client number at the Treasury: who bills and collects.

    Its PayFiP settings follow the contract of the commune with the DGFiP: `numcli`, the protocol, and the mode, from
    test (T) through activation (X) to production (W, A or M).
    """

    class Protocol(models.TextChoices):
        WEB_SERVICE = "web_service", "PayFiP régie, web service"
        URL_REGIE = "url_regie", "PayFiP régie, par adresse"
        URL_TITRE = "url_titre", "titres (TIPI), par adresse"

    class Mode(models.TextChoices):
        TEST = "T", "T (test, sans argent)"
        ACTIVATION = "X", "X (activation, premier paiement réel)"
        WEB_SERVICE = "W", "W (production, web service)"
        ACCOUNT = "A", "A (production, compte usager)"
        MANUAL = "M", "M (production, saisie à la main)"

    name = models.CharField("régie", max_length=80)
    collectivity = models.CharField("libellé de la collectivité", max_length=120, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True, validators=[RegexValidator(r"^\d{14}$")])
    decision = models.CharField("délibération qui fixe les tarifs", max_length=200, blank=True)
    revenue_code = models.CharField(
        "code recette", max_length=2, default="04", validators=[RegexValidator(r"^\d{2}$", "Deux chiffres.")]
    )
    is_default = models.BooleanField("régie principale", default=False)

    treasury_name = models.CharField("Trésorerie", max_length=120, blank=True)
    treasury_address = models.CharField("adresse de la Trésorerie", max_length=200, blank=True)
    treasury_hours = models.CharField("horaires de la Trésorerie", max_length=200, blank=True)
    treasury_phone = models.CharField("téléphone de la Trésorerie", max_length=20, blank=True)

    online = models.BooleanField("paiement en ligne", default=False)
    numcli = models.CharField(
        "numéro de client PayFiP (numcli)", max_length=6, blank=True, validators=[RegexValidator(r"^\d{6}$")]
    )
    protocol = models.CharField("protocole", max_length=11, choices=Protocol, default=Protocol.WEB_SERVICE)
    mode = models.CharField("mode", max_length=1, choices=Mode, default=Mode.TEST)
    subject = models.CharField("objet envoyé à PayFiP", max_length=99, default="Facture {numero} {libelle}")
    minimum = models.DecimalField(
        "minimum en ligne (euros)",
        max_digits=8,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal(1))],
    )
    maximum = models.DecimalField(
        "maximum en ligne (euros)",
        max_digits=8,
        decimal_places=2,
        default=Decimal("99999.99"),
        validators=[MaxValueValidator(Decimal("99999.99"))],
    )
    online_limit_day = models.PositiveSmallIntegerField(
        "payable en ligne jusqu'au … de chaque mois",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(28)],
    )
    pop_up = models.BooleanField("fenêtre à part (pop-up) comme en 2014", default=False)

    class Meta:
        verbose_name = "régie"
        ordering = ("-is_default", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("name",), name="cash_office_once", violation_error_message="Cette régie existe déjà."
            ),
            models.UniqueConstraint(
                fields=("is_default",),
                condition=Q(is_default=True),
                name="cash_office_one_default",
                violation_error_message="Une autre régie est déjà la principale.",
            ),
            models.CheckConstraint(
                condition=Q(online=False) | ~Q(numcli=""),
                name="cash_office_online_has_client",
                violation_error_message="Le paiement en ligne demande un numéro de client PayFiP.",
            ),
            models.CheckConstraint(
                condition=Q(online_limit_day__range=(1, 28)),
                name="cash_office_limit_day",
                violation_error_message="Le jour limite va de 1 à 28.",
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=1, maximum__gte=models.F("minimum"), maximum__lt=100_000),
                name="cash_office_online_amounts",
                violation_error_message="Les montants en ligne vont de 1 € à 99 999,99 €.",
            ),
            models.CheckConstraint(
                condition=Q(protocol="web_service", mode__in=("T", "X", "W"))
                | (~Q(protocol="web_service") & Q(mode__in=("T", "X", "A", "M"))),
                name="cash_office_mode_of_protocol",
                violation_error_message="Ce mode n'existe pas pour ce protocole.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def in_production(self) -> bool:
        """Whether a payment online moves money for good."""
        return self.mode in {self.Mode.WEB_SERVICE, self.Mode.ACCOUNT, self.Mode.MANUAL}
