"""The outbox's tasks by name: services never import them."""

DRAIN = "notifications.drain"
PURGE = "notifications.purge"
