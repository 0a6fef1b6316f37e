"""Pages of the doors, and of what an agent does with its own access."""
