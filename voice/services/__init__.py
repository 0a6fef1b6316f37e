"""What one does by telephone: the dialogue bound to the town's own actions, the calls written down."""
