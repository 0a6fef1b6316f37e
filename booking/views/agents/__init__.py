"""Agents' pages of bookings, under /mairie/."""
