"""The tasks of billing by name: services never import them."""

PURGE = "billing.purge"
REMINDERS = "billing.draw_reminders"
