"""Reads about families, one question each; a module a subject."""
