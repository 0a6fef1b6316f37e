"""Decisions about money as plain Python: no Django, no clock, no database."""
