"""Payments tried online, and every word the Treasury said of them."""

from django.db import models
from django.db.models import Q


class PaymentAttempt(models.Model):
    """One try to pay one invoice online (tentative): what was asked, and what the Treasury last said.

    `number` is unique in the commune: `AAAAMMJJHHMMSSxN` is the family's ticket. A technical fault leaves it waiting;
    only the Treasury's word ends it. A paid one that came second on its invoice is an overpayment, a credit.
    By the address protocol there is no `id_op` and nobody to ask: what the browser brings back is announced, and paid
    only once the Treasury's file says so.
    """

    class State(models.TextChoices):
        OPENING = "opening", "en préparation"
        WAITING = "waiting", "en attente de réponse"
        PAID = "paid", "payée par carte"
        DEBIT_ORDERED = "debit_ordered", "prélèvement ordonné"
        ANNOUNCED = "announced", "annoncée, à rapprocher"
        REFUSED = "refused", "refusée"
        CANCELED = "canceled", "abandonnée"
        EXPIRED = "expired", "expirée"
        MISMATCH = "mismatch", "incident à examiner"

    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="attempts")
    cash_office = models.ForeignKey("billing.CashOffice", models.PROTECT, related_name="attempts")
    ticket = models.CharField("ticket LPS", max_length=32)
    protocol = models.CharField("protocole", max_length=11)
    numcli = models.CharField("numcli", max_length=6)
    mode = models.CharField("mode", max_length=1)
    exercise = models.CharField("exercice", max_length=4)
    refdet = models.CharField("référence de la dette", max_length=30)
    amount = models.DecimalField("montant", max_digits=10, decimal_places=2)
    # Sealed under the commune's key: the address that PayFiP and the ticket use.
    email = models.TextField("courriel, chiffré")
    id_op = models.CharField("idOp", max_length=36, null=True, blank=True)
    state = models.CharField("état", max_length=13, choices=State, default=State.OPENING)
    opened_at = models.DateTimeField("ouverte le")
    # Until when it bars another attempt on its invoice: two hours without an answer, less once it is known.
    bar_ends_at = models.DateTimeField("empêche une autre tentative jusqu'au", null=True, blank=True)
    paid_at = models.DateTimeField("payée le", null=True, blank=True)
    authorization = models.CharField("N° auto", max_length=16, blank=True)
    asked_at = models.DateTimeField("demandée à la Trésorerie le", null=True, blank=True)
    # When the poll asks again; None once nothing more can be learned.
    next_ask_at = models.DateTimeField("à redemander le", null=True, blank=True)
    settled_at = models.DateTimeField("réglée le", null=True, blank=True)

    class Meta:
        verbose_name = "tentative de paiement"
        verbose_name_plural = "tentatives de paiement"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("ticket",), name="attempt_ticket_once"),
            models.UniqueConstraint(fields=("id_op",), name="attempt_id_op_once"),
            models.CheckConstraint(
                condition=~Q(state__in=("paid", "debit_ordered")) | Q(paid_at__isnull=False),
                name="attempt_paid_has_date",
            ),
        )
        indexes = (
            models.Index(fields=("next_ask_at",), condition=Q(next_ask_at__isnull=False), name="attempt_to_ask"),
        )

    def __str__(self) -> str:
        return self.ticket

    @property
    def is_by_address(self) -> bool:
        """Whether its payer's browser carries all, unsigned, and the Treasury cannot be asked about it."""
        return self.protocol != "web_service"


class AttemptAnswer(models.Model):
    """One word of the Treasury, or one silence, about an attempt: written once."""

    attempt = models.ForeignKey(PaymentAttempt, models.PROTECT, related_name="answers")
    at = models.DateTimeField("le")
    # "opening", "notification", "return", "poll" or "agent": what made us ask; "address": nobody was asked, it was told
    # by the address protocol, unsigned.
    asked_by = models.CharField("demandé par", max_length=12)
    verdict = models.CharField("conclusion", max_length=16)
    # What was answered, without card nor address: resultrans, fault code, amount, refdet, numcli, numauto.
    answer = models.JSONField("réponse", default=dict)

    class Meta:
        verbose_name = "réponse de la Trésorerie"
        verbose_name_plural = "réponses de la Trésorerie"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.verdict}"


class IncidentNote(models.Model):
    """That an agent looked at an incident of an attempt, and what was done about it: written once."""

    class Kind(models.TextChoices):
        MISMATCH = "mismatch", "paiement différent de ce qui était demandé"
        SILENT = "silent", "Trésorerie muette"
        LATE = "late", "paiement arrivé après la fin de la tentative"
        OVERPAID = "overpaid", "trop-perçu"
        UNPROVED = "unproved", "paiement annoncé, jamais confirmé"

    attempt = models.ForeignKey(PaymentAttempt, models.PROTECT, related_name="incident_notes")
    kind = models.CharField("incident", max_length=8, choices=Kind)
    note = models.CharField("ce qui a été fait", max_length=300)
    at = models.DateTimeField("examiné le")
    by = models.CharField("par", max_length=120)

    class Meta:
        verbose_name = "incident examiné"
        verbose_name_plural = "incidents examinés"
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("attempt", "kind"), name="incident_note_once"),)

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.kind}"
