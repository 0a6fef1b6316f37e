"""The outbox's tasks by name: services never import them."""

DRAIN = "notifications.drain"
SEND_SMS = "notifications.send_sms"
ASK_BACK = "notifications.ask_back"
READ_STOPS = "notifications.read_stops"
PURGE = "notifications.purge"
QUEUE_CAMPAIGNS = "notifications.queue_campaigns"
