"""Closings and reopenings that agents asked for: small ones are done at once, the others by a worker."""

from django.db import models
from django.db.models import Q

from booking.models.calendar import Closure
from booking.models.catalogue import Activity


class ClosureWork(models.Model):
    """What an agent asked: to close days, or to undo a closure. Nothing is closed before it is done.

    Unfinished and held by nobody, it is begun again by the next worker.
    """

    class Kind(models.TextChoices):
        CLOSE = "close", "fermeture"
        UNDO = "undo", "annulation d'une fermeture"

    class State(models.TextChoices):
        ASKED = "asked", "demandé"
        WORKING = "working", "en cours"
        DONE = "done", "fait"
        FAILED = "failed", "échec"

    kind = models.CharField("travail", max_length=5, choices=Kind)
    state = models.CharField("état", max_length=7, choices=State, default=State.ASKED)
    first_day = models.DateField("premier jour")
    last_day = models.DateField("dernier jour")
    reason = models.CharField("motif, tel que les familles le lisent", max_length=100)
    site = models.ForeignKey("families.Site", models.CASCADE, related_name="+", null=True, blank=True, db_index=False)
    school_class = models.ForeignKey(
        "families.SchoolClass", models.CASCADE, related_name="+", null=True, blank=True, db_index=False
    )
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="+", null=True, blank=True, db_index=False)
    # What closing made, or what is to be undone.
    closure = models.ForeignKey(Closure, models.CASCADE, related_name="works", null=True, blank=True)
    # Of the form that closes: sent twice, it closes once.
    jeton = models.UUIDField("jeton", null=True, blank=True)
    bookings = models.PositiveIntegerField("réservations touchées quand on l'a demandé", default=0)
    asked_at = models.DateTimeField("demandé le")
    asked_by = models.CharField("par", max_length=120)
    # Kind and key of who asked, `agent:12`, for the journal.
    asked_key = models.CharField("clé de l'auteur", max_length=80)
    # Counted before each try: a work that stops its workers is given up.
    tries = models.PositiveSmallIntegerField("essais", default=0)
    failure = models.CharField("raison de l'échec", max_length=20, blank=True)
    finished_at = models.DateTimeField("fini le", null=True, blank=True)

    class Meta:
        verbose_name = "travail de fermeture"
        verbose_name_plural = "travaux de fermeture"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("jeton",), name="closure_work_once"),
            models.UniqueConstraint(
                fields=("closure",),
                condition=Q(kind="undo", state__in=("asked", "working")),
                name="closure_work_one_undo",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.first_day} {self.state}"

    @property
    def is_over(self) -> bool:
        """Whether nobody has to do it any more."""
        return self.state in (self.State.DONE, self.State.FAILED)
