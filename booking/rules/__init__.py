"""The decisions of bookings as plain Python: no Django, no clock, no database."""
