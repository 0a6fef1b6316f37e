"""Asterisk on one machine: its root, its configuration, its start. It answers calls and knows nothing of the town."""
