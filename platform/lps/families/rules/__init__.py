"""Decisions about families, without Django, clock or database."""
