"""What people see of the telephone in a browser."""
