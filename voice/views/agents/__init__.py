"""The agents' pages of the telephone."""
