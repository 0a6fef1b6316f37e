"""Agents' pages that belong to no single subject: the door, the day, what the town decides."""
