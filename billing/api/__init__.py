"""Invoices and payments, for the town's finance software: each address translates, and calls one read."""
