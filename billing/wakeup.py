"""The tasks of billing by name: services never import them."""

REMINDERS = "billing.draw_reminders"
