"""What billing adds to the families' tabs and to the agents' rail."""

from django.utils.translation import gettext_lazy as _

from billing import incidents, reminders
from billing.rights import READ_INVOICES, READ_ONLINE, READ_PAYMENTS, READ_QUOTIENTS, READ_RUNS, READ_TARIFFS
from lps.ui.nav import CASH, NavItem

# `permission` is the name under which a town shows or hides a tab.
TABS: list[NavItem] = [
    NavItem("billing:invoices", _("Facture"), "factures"),
    NavItem("billing:online", _("Facture TIPI"), "tipi"),
]
RAIL: list[NavItem] = [
    NavItem("billing_office:runs", _("Facturation"), READ_RUNS, CASH, of_all=True),
    NavItem("billing_office:desk", _("Encaissements"), READ_PAYMENTS, CASH),
    NavItem("billing_office:till", _("Caisse"), READ_PAYMENTS, CASH, of_all=True),
    NavItem("billing_office:reminders", _("Relances"), READ_PAYMENTS, CASH, waiting=reminders.waiting, of_all=True),
    NavItem("billing_office:remittances", _("Bordereaux de chèques"), READ_PAYMENTS, CASH, of_all=True),
    NavItem("billing_office:online_offices", _("Paiement en ligne"), READ_ONLINE, CASH),
    NavItem(
        "billing_office:incidents",
        _("Incidents de paiement"),
        READ_PAYMENTS,
        CASH,
        waiting=incidents.waiting,
        of_all=True,
    ),
    NavItem("billing_office:reconciliation", _("Rapprochement"), READ_PAYMENTS, CASH, of_all=True),
    NavItem("billing_office:tariffs", _("Tarifs"), READ_TARIFFS, CASH),
    NavItem("billing_office:quotients", _("Familles sans quotient"), READ_QUOTIENTS, CASH, of_all=True),
    NavItem("billing_office:quotient_proofs", _("Justificatifs reçus"), READ_QUOTIENTS, CASH),
    NavItem("billing_office:offices", _("Régies"), READ_TARIFFS, CASH),
]
FAMILY_TABS: list[NavItem] = [
    NavItem("billing_office:family_invoices", _("Factures"), READ_INVOICES),
    NavItem("billing_office:family_payments", _("Paiements"), READ_PAYMENTS),
    NavItem("billing_office:family_quotient", _("Quotient"), READ_QUOTIENTS),
]
