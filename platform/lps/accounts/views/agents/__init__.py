"""Agents' pages about their own access, and the town's tokens."""
