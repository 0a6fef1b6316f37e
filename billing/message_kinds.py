"""The kinds of message that billing sends, for families to choose."""

from django.utils.translation import gettext_lazy as _

from notifications.kinds import MessageKind

INVOICE, QUOTIENT = "invoice", "quotient"
OWN = (
    MessageKind(
        code=INVOICE,
        label=_("Factures"),
        words=_("quand la mairie publie une facture ou un avoir, ou rappelle ce qui reste à payer"),
    ),
    MessageKind(
        code=QUOTIENT,
        label=_("Quotient familial"),
        words=_("quand votre justificatif manque, prend bientôt fin ou reçoit sa réponse"),
    ),
)
