"""Addresses of the families' pages of billing."""

from django.urls import path

from billing.views import invoices, payments

app_name = "billing"
urlpatterns = [
    path("factures/", invoices.listing, name="invoices"),
    path("factures/<str:number>/", invoices.one, name="invoice"),
    path("factures/<str:number>/pdf/", invoices.as_pdf, name="invoice_pdf"),
    path("reglements/", payments.payments, name="payments"),
    path("reglements/<str:number>/pdf/", payments.receipt_pdf, name="receipt_pdf"),
]
