"""The forms of the desk: what is taken, how a credit is used, why a payment is reversed."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from billing import words
from billing.desk import DESK_MEANS, Credit, Means
from billing.forms.fields import EurosField
from billing.rules.desk import spread
from billing.rules.money import ZERO
from billing.services.payments import PaymentRefused, Received
from lps.ui.templatetags.ui import money

_PLAIN = (ProhibitNullCharactersValidator(),)


class RefusedForm(forms.Form):
    """A form to which a refusal of the service is added."""

    def refuse(self, error: PaymentRefused) -> None:
        """Say why nothing was recorded."""
        self.add_error(None, str(words.REFUSED[error.code]))


class TakeForm(RefusedForm):
    """A payment at the desk: a sum, its means, and invoice by invoice when the agent spreads it by hand."""

    amount = EurosField(label=_("Somme à encaisser (euros)"))
    means = forms.ChoiceField(
        label=_("Moyen"),
        choices=[(one, one.label) for one in DESK_MEANS],
        initial=Means.CASH,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choisissez le moyen de paiement."),
            "invalid_choice": _("Ce moyen n'existe pas\u00a0: choisissez parmi ceux-ci."),
        },
    )
    given = EurosField(
        label=_("Espèces données"), required=False, help_text=_("Pour connaître la monnaie à rendre. Peut rester vide.")
    )
    cheque_bank = forms.CharField(label=_("Banque du chèque"), max_length=60, required=False, validators=_PLAIN)
    cheque_number = forms.CharField(
        label=_("Numéro du chèque"),
        max_length=20,
        required=False,
        validators=_PLAIN,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    reference = forms.CharField(
        label=_("Référence"),
        max_length=60,
        required=False,
        validators=_PLAIN,
        help_text=_("Celle du virement ou des CESU. Peut rester vide."),
    )
    keep_rest = forms.BooleanField(label=_("Garder le trop-perçu en avoir pour la famille"), required=False)
    jeton = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Ce formulaire est incomplet\u00a0: ouvrez la page à nouveau."),
            "invalid": _("Ce formulaire est incomplet\u00a0: ouvrez la page à nouveau."),
        },
    )

    def __init__(self, *args: Any, invoices: Sequence[Any], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.due = [(row.pk, row.left) for row in invoices]
        total = sum((left for _pk, left in self.due), ZERO)
        self.fields["amount"].initial = total or None
        if not self.is_bound:  # an error takes the focus instead
            self.fields["amount"].widget.attrs["autofocus"] = True
        self.fields["jeton"].initial = uuid.uuid4()
        for row in invoices:
            self.fields[f"part_{row.pk}"] = EurosField(
                label=_("Sur la facture %(number)s") % {"number": row.number}, required=False
            )

    @property
    def parts(self) -> list[forms.BoundField]:
        """One field an invoice."""
        return [self[f"part_{pk}"] for pk, _left in self.due]

    def clean(self) -> dict[str, Any]:
        """A cheque is named, the cash given is enough, what is over is kept on purpose."""
        given = super().clean() or {}
        if given.get("means") == Means.CHEQUE:
            if not given.get("cheque_bank") and "cheque_bank" not in self.errors:
                self.add_error("cheque_bank", _("Écrivez la banque du chèque."))
            if not given.get("cheque_number") and "cheque_number" not in self.errors:
                self.add_error("cheque_number", _("Écrivez le numéro du chèque."))
        amount = given.get("amount")
        if amount is not None:
            self._check_amount(given, amount)
        return given

    def _check_amount(self, given: dict[str, Any], amount: Decimal) -> None:
        if amount == 0:
            self.add_error("amount", _("Saisissez une somme plus grande que zéro."))
        if given.get("means") == Means.CASH and given.get("given") is not None and given["given"] < amount:
            self.add_error(
                "given", _("La famille a donné moins que la somme à encaisser\u00a0: corrigez l'une des deux.")
            )
        for pk, left in self.due:
            part = given.get(f"part_{pk}")
            if part is not None and part > left:
                only = _("Il ne reste que %(left)s à payer sur cette facture.") % {"left": money(left)}
                self.add_error(f"part_{pk}", only)
        settled = sum(self._settles(given, amount).values(), ZERO)
        if settled > amount:
            too_much = _("Les factures choisies font %(sum)s\u00a0: c'est plus que la somme à encaisser.")
            self.add_error("amount", too_much % {"sum": money(settled)})
        elif settled < amount and not given.get("keep_rest"):
            over = _("%(over)s ne règlent aucune facture\u00a0: corrigez la somme, ou cochez «\u00a0%(box)s\u00a0».")
            facts = {"over": money(amount - settled), "box": self.fields["keep_rest"].label}
            self.add_error("amount", over % facts)

    def _settles(self, given: dict[str, Any], amount: Decimal) -> dict[int, Decimal]:
        """Invoice by invoice as typed; when nothing is typed, the oldest first."""
        typed = {pk: given[f"part_{pk}"] for pk, _left in self.due if given.get(f"part_{pk}")}
        return typed or spread(amount, self.due)

    @property
    def received(self) -> Received:
        """What is taken, once the form is valid."""
        given = self.cleaned_data
        is_cheque = given["means"] == Means.CHEQUE
        return Received(
            amount=given["amount"],
            means=Means(given["means"]),
            settles=self._settles(given, given["amount"]),
            cheque_bank=given["cheque_bank"] if is_cheque else "",
            cheque_number=given["cheque_number"] if is_cheque else "",
            reference=given["reference"],
        )

    @property
    def change(self) -> Decimal | None:
        """The cash to give back; None when nobody asked."""
        given = self.cleaned_data
        is_asked = given["means"] == Means.CASH and given["given"] is not None
        return given["given"] - given["amount"] if is_asked else None


class CreditForm(RefusedForm):
    """Which credit settles which invoice, and for how much."""

    source = forms.ChoiceField(
        label=_("Avoir"),
        error_messages={
            "required": _("Choisissez un avoir."),
            "invalid_choice": _("Cet avoir n'est plus disponible\u00a0: choisissez parmi ceux-ci."),
        },
    )
    invoice = forms.TypedChoiceField(
        label=_("Facture à régler"),
        coerce=int,
        error_messages={
            "required": _("Choisissez une facture."),
            "invalid_choice": _("Cette facture n'est plus à payer\u00a0: choisissez parmi celles-ci."),
        },
    )
    credit = EurosField(label=_("Montant (euros)"))

    def __init__(self, *args: Any, credits: Sequence[Credit], invoices: Sequence[Any], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["source"].choices = [(one.source, f"{one.number}, {money(one.amount)}") for one in credits]  # type: ignore[attr-defined]
        self.fields["invoice"].choices = [  # type: ignore[attr-defined]
            (row.pk, f"{row.number}, {row.label}, {money(row.left)}") for row in invoices
        ]
        if credits and invoices:
            self.fields["credit"].initial = min(credits[0].amount, invoices[0].left)


class ReverseForm(RefusedForm):
    """Why a payment is reversed."""

    reason = forms.CharField(
        label=_("Motif"),
        max_length=200,
        validators=_PLAIN,
        help_text=_("Par exemple\u00a0: erreur de famille, chèque impayé, prélèvement rejeté."),
        error_messages={"required": _("Écrivez pourquoi ce règlement est annulé.")},
    )


class TakeBackForm(RefusedForm):
    """Why the use of a credit is taken back."""

    reason = forms.CharField(
        label=_("Motif"),
        max_length=200,
        validators=_PLAIN,
        help_text=_("Par exemple\u00a0: utilisé sur la mauvaise facture."),
        error_messages={"required": _("Écrivez pourquoi cet avoir est repris.")},
    )
