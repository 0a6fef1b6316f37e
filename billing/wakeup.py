"""The tasks of billing by name: services never import them."""

PURGE = "billing.purge"
RUNS = "billing.work_on_runs"
BUNDLES = "billing.bundle_papers"
INVOICES = "billing.draw_invoices"
QUOTIENTS = "billing.warn_quotients"
REMINDERS = "billing.draw_reminders"
POLL = "billing.poll_payments"
