"""The kinds of message that billing sends, for families to choose."""

from django.utils.translation import gettext_lazy as _

from notifications.kinds import MessageKind

INVOICE, PAYMENT, QUOTIENT = "invoice", "payment", "quotient"
OWN = (
    MessageKind(
        code=INVOICE,
        label=_("Factures"),
        words=_("quand la mairie publie une facture ou un avoir, ou rappelle ce qui reste à payer"),
    ),
    MessageKind(
        code=PAYMENT,
        label=_("Paiements"),
        words=_("quand la mairie ou la Trésorerie reçoit un paiement de votre famille"),
    ),
    MessageKind(
        code=QUOTIENT,
        label=_("Quotient familial"),
        words=_("quand votre justificatif manque, prend bientôt fin ou reçoit sa réponse"),
    ),
)
