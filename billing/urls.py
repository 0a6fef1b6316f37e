"""Addresses of the families' pages of billing."""

from django.urls import path

from billing.views import payments

app_name = "billing"
urlpatterns = [
    path("reglements/", payments.payments, name="payments"),
    path("reglements/<str:number>/pdf/", payments.receipt_pdf, name="receipt_pdf"),
]
