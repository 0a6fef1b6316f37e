"""What one does with the catalogue and with bookings."""
