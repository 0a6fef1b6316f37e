"""The catalogue and the bookings, for the town's other software: each address translates, and calls one service."""
