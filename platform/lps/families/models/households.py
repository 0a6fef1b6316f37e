"""Families as households, and the adults of each."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from lps.families import codes
from lps.kernel import clock
from lps.kernel.text import sort_key

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
