"""Addresses of the families' pages of billing."""

from django.urls import path

from billing.views import invoices, online, payments, quotients, treasury

app_name = "billing"
urlpatterns = [
    path("factures/", invoices.listing, name="invoices"),
    path("factures/tipi/", online.choose, name="online"),
    path("factures/tipi/retour/", treasury.back, name="online_return"),
    path("factures/tipi/retour/<str:ticket>/<str:mark>/", treasury.announced, name="online_announced"),
    path("factures/tipi/notification/", treasury.notified, name="online_notification"),
    path("factures/tipi/facture/<str:number>/", online.summary, name="online_summary"),
    path("factures/tipi/paiement/<str:ticket>/", online.attempt, name="online_attempt"),
    path("factures/tipi/paiement/<str:ticket>/ticket.pdf", online.ticket_pdf, name="online_ticket"),
    path("factures/<str:number>/", invoices.one, name="invoice"),
    path("factures/<str:number>/pdf/", invoices.as_pdf, name="invoice_pdf"),
    path("quotient/", quotients.quotient, name="quotient"),
    path("quotient/retirer/", quotients.withdraw, name="quotient_withdraw"),
    path("quotient/<int:proof_id>/document/", quotients.document, name="quotient_document"),
    path("reglements/", payments.payments, name="payments"),
    path("reglements/<str:number>/pdf/", payments.receipt_pdf, name="receipt_pdf"),
]
