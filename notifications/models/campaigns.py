"""What agents write to many at once."""

from django.db import models
from django.db.models import Q


class Campaign(models.Model):
    """A message to an audience, by SMS, by e-mail or both (envoi): a draft, then queued once, at its hour.

    `audience` is what a registered audience reads back: `{"kind": "topic", "key": 5}`. `report` counts what became of
    it once its messages are purged.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "brouillon"
        SCHEDULED = "scheduled", "programmé"
        QUEUED = "queued", "envoyé"
        CANCELED = "canceled", "annulé"

    title = models.CharField("titre", max_length=120)
    audience = models.JSONField("destinataires", default=dict)
    message_class = models.CharField("classe", max_length=7, default="news")
    sms_text = models.TextField("texte du SMS", max_length=800, blank=True)
    email_text = models.TextField("texte du courriel", max_length=10_000, blank=True)
    state = models.CharField("état", max_length=9, choices=State, default=State.DRAFT)
    made_at = models.DateTimeField("créé le")
    made_by = models.CharField("par", max_length=120)
    send_at = models.DateTimeField("à envoyer le", null=True, blank=True)
    queued_at = models.DateTimeField("mis en file le", null=True, blank=True)
    sms_number = models.PositiveIntegerField("SMS mis en file", default=0)
    email_number = models.PositiveIntegerField("courriels mis en file", default=0)
    report = models.JSONField("compte rendu", default=dict, blank=True)

    class Meta:
        verbose_name = "envoi"
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="queued") | Q(queued_at__isnull=False), name="campaign_queued_has_date"
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(send_at__isnull=False), name="campaign_scheduled_has_date"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | ~Q(sms_text="") | ~Q(email_text=""),
                name="campaign_says_something",
                violation_error_message="Écrivez le texte du SMS, celui du courriel, ou les deux.",
            ),
        )

    def __str__(self) -> str:
        return self.title
