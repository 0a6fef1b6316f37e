"""The forms of waiting lists: the reason for which an agent moves a child, and the criterion of its rank."""

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from booking.rules.waiting import Criterion

CRITERIA: dict[Criterion, str | Promise] = {
    Criterion.ORDER: _("ordre d'inscription"),
    Criterion.SIBLING: _("un frère ou une sœur y est réservé ce jour-là"),
    Criterion.LOST_PLACE: _("avait réservé avant une fermeture annulée"),
}


class ReasonForm(forms.Form):
    """Why an agent does it."""

    reason = forms.CharField(
        label=_("Motif"),
        help_text=_(
            "Il reste dans l'historique de la liste. Par exemple «\u00a0demande de la famille au guichet\u00a0»."
        ),
        max_length=200,
        error_messages={"required": _("Donnez le motif\u00a0: il reste dans l'historique.")},
    )


class RankForm(ReasonForm):
    """A stated criterion, and why."""

    criterion = forms.TypedChoiceField(
        label=_("Critère"),
        coerce=lambda value: Criterion(int(value)),
        choices=[(int(criterion), words) for criterion, words in CRITERIA.items()],
        error_messages={
            "required": _("Choisissez un critère."),
            "invalid_choice": _("Ce critère n'existe pas\u00a0: choisissez dans la liste."),
        },
    )
    field_order = ("criterion", "reason")
