"""The tasks of billing by name: services never import them."""

PURGE = "billing.purge"
INVOICES = "billing.draw_invoices"
QUOTIENTS = "billing.warn_quotients"
REMINDERS = "billing.draw_reminders"
POLL = "billing.poll_payments"
