"""Addresses of the API about billing."""

from django.urls import path

from billing.api import accounts

app_name = "billing_api"
urlpatterns = [
    path("factures/", accounts.Invoices.as_view(), name="invoices"),
    path("reglements/", accounts.Payments.as_view(), name="payments"),
]
