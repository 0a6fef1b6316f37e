"""The forms of billing runs: a new one, a correction, an adjustment, why an invoice is canceled."""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from billing.models import CashOffice
from lps.ui.forms import DayField

_PLAIN = (ProhibitNullCharactersValidator(),)
_LONGEST = timedelta(days=366)
REFUSED = {
    "state": _("Rien n'a changé\u00a0: ce lot n'en est plus là. Voici où il en est."),
    "busy": _("Rien n'a changé\u00a0: un calcul ou une publication de ce lot est en cours. Attendez qu'il finisse."),
    "version": _("Ce lot a été recalculé entre-temps\u00a0: vérifiez-le de nouveau."),
    "prices": _("Les tarifs, ou ce qui est déjà facturé, ont changé depuis le calcul\u00a0: recalculez."),
    "overlap": _("Un autre lot facture déjà une partie de ces jours\u00a0: un jour n'est jamais facturé deux fois."),
    "numbers": _("Les numéros de l'année sont épuisés\u00a0: prévenez votre fournisseur."),
    "days": _("Choisissez des jours de ce lot."),
    "nothing": _(
        "Rien à corriger\u00a0: ce qui est facturé pour ces jours est ce qui est dû, d'après les réservations, le "
        "pointage, les absences acceptées, les tarifs et les quotients. Un enfant pointé présent est facturé même si "
        "sa réservation est annulée\u00a0: s'il n'était pas là, faites d'abord corriger le pointage de ce jour."
    ),
    "balanced": _(
        "Rien à demander ni à rendre\u00a0: pour chaque famille, les différences s'annulent. Aucun document n'est fait."
    ),
    "nothing_to_check": _("Calculez d'abord ce lot."),
    "empty": _("Ce lot n'a aucune facture\u00a0: il n'y a rien à valider."),
    "canceled": _("Cette facture est déjà annulée, ou ne peut pas l'être."),
}


class RunForm(forms.Form):
    """The days to invoice, the words families read, and when to pay."""

    cash_office = forms.ModelChoiceField(
        label=_("Régie"),
        queryset=CashOffice.objects.none(),
        empty_label=None,
        error_messages={
            "required": _("Choisissez la régie."),
            "invalid_choice": _("Cette régie n'existe pas\u00a0: choisissez dans la liste."),
        },
    )
    first_day = DayField(label=_("Du"), error_messages={"required": _("Choisissez le premier jour à facturer.")})
    last_day = DayField(
        label=_("au"),
        help_text=_("Ce jour compris."),
        error_messages={"required": _("Choisissez le dernier jour à facturer.")},
    )
    label = forms.CharField(
        label=_("Libellé, tel que les familles le lisent"),
        max_length=60,
        validators=_PLAIN,
        error_messages={"required": _("Donnez un libellé, JANVIER 2012 par exemple.")},
    )
    due_date = DayField(
        label=_("Date d'échéance"), error_messages={"required": _("Choisissez avant quand les familles doivent payer.")}
    )

    def __init__(self, *args: Any, today: date, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.today = today
        self.fields["cash_office"].queryset = CashOffice.objects.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The days follow one another; the due date is to come."""
        given = super().clean() or {}
        first, last = given.get("first_day"), given.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("Le lot finit avant de commencer\u00a0: choisissez un jour plus tard."))
        if first and last and last - first > _LONGEST:
            self.add_error("last_day", _("Un lot couvre un an au plus."))
        _due(self, given, self.today)
        return given


class CorrectionForm(forms.Form):
    """Whose days of an issued run are corrected, which ones, and the words and the due date of what it makes."""

    who = forms.ChoiceField(
        label=_("Familles à corriger"),
        choices=(("chosen", _("Les familles cochées")), ("all", _("Toutes les familles"))),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choisissez quelles familles corriger."),
            "invalid_choice": _("Choisissez quelles familles corriger."),
        },
    )
    first_day = DayField(label=_("Du"), error_messages={"required": _("Choisissez le premier jour à corriger.")})
    last_day = DayField(
        label=_("au"),
        help_text=_("Ce jour compris. Un forfait se corrige avec le premier jour du lot."),
        error_messages={"required": _("Choisissez le dernier jour à corriger.")},
    )
    reason = forms.CharField(
        label=_("Motif, écrit sur l'avoir ou la facture complémentaire"),
        max_length=200,
        validators=_PLAIN,
        help_text=_("Par exemple\u00a0: tarif de la cantine erroné en janvier."),
        error_messages={"required": _("Donnez le motif\u00a0: les familles le lisent.")},
    )
    label = RunForm.base_fields["label"]
    due_date = RunForm.base_fields["due_date"]

    def __init__(
        self, *args: Any, today: date, days: tuple[date, date], chosen: Collection[int] = (), **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        self.today, self.days, self.chosen = today, days, chosen
        for name in ("first_day", "last_day"):
            limits = {"min": days[0].isoformat(), "max": days[1].isoformat()}
            self.fields[name].widget.attrs.update(limits)

    def clean(self) -> dict[str, Any]:
        """Some families, some days of the run in their order; the due date is to come."""
        given = super().clean() or {}
        if given.get("who") == "chosen" and not self.chosen:
            self.add_error("who", _("Cherchez et cochez au moins une famille, ou choisissez toutes les familles."))
        first, last = given.get("first_day"), given.get("last_day")
        for name, day in (("first_day", first), ("last_day", last)):
            if day and not self.days[0] <= day <= self.days[1]:
                self.add_error(name, REFUSED["days"])
        if first and last and last < first:
            self.add_error("last_day", _("La correction finit avant de commencer\u00a0: choisissez un jour plus tard."))
        _due(self, given, self.today)
        return given


class AdjustmentForm(forms.Form):
    """A line for the next invoice of a family."""

    label = forms.CharField(
        label=_("Libellé, tel que la famille le lit"),
        max_length=160,
        validators=_PLAIN,
        error_messages={"required": _("Dites de quoi il s'agit\u00a0: la famille le lira.")},
    )
    amount = forms.DecimalField(
        label=_("Montant (euros)"),
        max_digits=8,
        decimal_places=2,
        localize=True,
        help_text=_("Négatif pour rendre à la famille\u00a0: -12,50."),
        error_messages={
            "required": _("Donnez le montant."),
            "invalid": _("Ce montant ne se lit pas\u00a0: il s'écrit comme 12,50."),
            "max_digits": _("Ce montant est trop grand."),
            "max_whole_digits": _("Ce montant est trop grand."),
            "max_decimal_places": _("Un montant s'arrête au centime."),
        },
    )

    def clean_amount(self) -> Decimal:
        """Something."""
        amount: Decimal = self.cleaned_data["amount"]
        if not amount:
            raise forms.ValidationError(_("Une régularisation de zéro euro ne change rien."))
        return amount


class CancelForm(forms.Form):
    """Why an invoice is canceled."""

    reason = forms.CharField(
        label=_("Motif"),
        max_length=200,
        validators=_PLAIN,
        help_text=_("La famille le lit sur l'avoir."),
        error_messages={"required": _("Donnez le motif\u00a0: il est écrit sur l'avoir.")},
    )


def _due(form: forms.Form, given: dict[str, Any], today: date) -> None:
    due = given.get("due_date")
    if due and not today <= due <= today + _LONGEST:
        form.add_error("due_date", _("Choisissez un jour à venir, dans l'année."))
