"""Tariffs, the month's invoices, what families pay and how."""
