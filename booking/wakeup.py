"""The tasks of bookings by name: services never import them."""

BOOK = "booking.book_pre_registrations"
CLOSURES = "booking.close_days"
EXTEND = "booking.extend_days"
PURGE = "booking.purge"
REMIND = "booking.remind_of_deadlines"
