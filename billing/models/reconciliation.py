"""The files of the Treasury that a régie compared with its own payments."""

from django.db import models


class TreasuryFile(models.Model):
    """A file of PayFiP as it was received, once: the same content never makes another one. Written once.

    `found` is what was found that day, a number for each outcome; the page compares again with what is known now.
    """

    numcli = models.CharField("numéro de client", max_length=6)
    name = models.CharField("fichier", max_length=120)
    path = models.CharField("fichier gardé", max_length=200)
    sha256 = models.CharField("empreinte", max_length=64)
    first_day = models.DateField("premier jour")
    last_day = models.DateField("dernier jour")
    line_count = models.PositiveIntegerField("paiements")
    total = models.DecimalField("total", max_digits=12, decimal_places=2)
    found = models.JSONField("résultat", default=dict)
    received_at = models.DateTimeField("reçu le")
    received_by = models.CharField("par", max_length=120)

    class Meta:
        verbose_name = "fichier de la Trésorerie"
        verbose_name_plural = "fichiers de la Trésorerie"
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("sha256",), name="treasury_file_once"),)

    def __str__(self) -> str:
        return self.name


class TreasuryLine(models.Model):
    """A payment that a file of the Treasury tells: written once, with its file."""

    file = models.ForeignKey(TreasuryFile, models.PROTECT, related_name="lines")
    rank = models.PositiveIntegerField("rang")
    day = models.DateField("jour")
    refdet = models.CharField("référence de la dette", max_length=30)
    amount = models.DecimalField("montant", max_digits=10, decimal_places=2)

    class Meta:
        verbose_name = "ligne de la Trésorerie"
        verbose_name_plural = "lignes de la Trésorerie"
        ordering = ("file", "rank")
        constraints = (models.UniqueConstraint(fields=("file", "rank"), name="treasury_line_once"),)

    def __str__(self) -> str:
        return f"{self.file_id} {self.rank}"
