"""Who waits for a place of a full day."""

from django.db import models
from django.db.models import Q

from booking.models.calendar import ServiceDay


class WaitingEntry(models.Model):
    """A child who waits for a place of a full day (liste d'attente).

    While one waits, a freed place goes by offers alone: `offered` until `accept_by`, then the next is asked. An open
    offer holds a place. The order is that of `priority` (smaller first), then of joining.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "en attente"
        OFFERED = "offered", "place proposée"
        BOOKED = "booked", "place acceptée"
        EXPIRED = "expired", "place non acceptée à temps"
        LEFT = "left", "a quitté la liste"
        CLOSED = "closed", "liste close"

    OPEN = (State.WAITING, State.OFFERED)

    service_day = models.ForeignKey(ServiceDay, models.PROTECT, related_name="waiting")
    child = models.ForeignKey("families.Child", models.PROTECT, related_name="+", db_index=False)
    household = models.ForeignKey("families.Household", models.PROTECT, related_name="+", db_index=False)
    joined_at = models.DateTimeField("inscrit le")
    priority = models.PositiveSmallIntegerField("priorité", default=100)
    state = models.CharField("état", max_length=8, choices=State, default=State.WAITING)
    offered_at = models.DateTimeField("proposée le", null=True, blank=True)
    accept_by = models.DateTimeField("à accepter avant le", null=True, blank=True)
    ended_at = models.DateTimeField("sortie le", null=True, blank=True)

    class Meta:
        verbose_name = "inscription en liste d'attente"
        verbose_name_plural = "inscriptions en liste d'attente"
        ordering = ("service_day", "priority", "joined_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("child", "service_day"),
                condition=Q(state__in=("waiting", "offered")),
                name="waiting_once",
                violation_error_message="Cet enfant est déjà sur cette liste d'attente.",
            ),
            models.CheckConstraint(
                condition=~Q(state="offered") | Q(offered_at__isnull=False, accept_by__isnull=False),
                name="waiting_offer_has_dates",
            ),
        )
        indexes = (
            models.Index(
                fields=("service_day", "priority", "joined_at"),
                condition=Q(state__in=("waiting", "offered")),
                name="waiting_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.child_id} {self.service_day_id} {self.state}"
