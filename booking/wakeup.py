"""The tasks of bookings by name: services never import them."""

EXTEND = "booking.extend_days"
