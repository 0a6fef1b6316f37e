"""Who may do what with the catalogue and the bookings."""

from lps.accounts.rights import Right

READ_CATALOGUE = "booking.read_catalogue"
READ_BOOKINGS = "booking.read_bookings"
CHANGE_BOOKINGS = "booking.change_bookings"

OWN = (
    Right(READ_CATALOGUE, scope="catalogue:lire"),
    Right(READ_BOOKINGS, scope="reservations:lire"),
    Right(CHANGE_BOOKINGS, scope="reservations:modifier"),
)
