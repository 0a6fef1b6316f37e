"""The town's catalogue, the days on which its activities are held, and the bookings with their proofs.

`JournalEntry`, `Receipt`, `PeriodChoice` and `PeriodReopening` are written once: the database refuses to change them.
"""

from booking.models.bookings import Booking, BookingQuerySet, DayRow, JournalEntry, Receipt
from booking.models.calendar import Closure, PublicHoliday, SchoolVacation, ServiceDay
from booking.models.campaigns import Admission, Campaign, PreRegistration
from booking.models.catalogue import Activity, ActivityGroup, ActivityTie, Entitlement, Season, validate_deadline
from booking.models.closing import ClosureWork
from booking.models.periods import Period, PeriodChoice, PeriodReopening
from booking.models.presence import Absence, Attendance
from booking.models.waiting import WaitingEntry

__all__ = [
    "Absence",
    "Activity",
    "ActivityGroup",
    "ActivityTie",
    "Admission",
    "Attendance",
    "Booking",
    "BookingQuerySet",
    "Campaign",
    "Closure",
    "ClosureWork",
    "DayRow",
    "Entitlement",
    "JournalEntry",
    "Period",
    "PeriodChoice",
    "PeriodReopening",
    "PreRegistration",
    "PublicHoliday",
    "Receipt",
    "SchoolVacation",
    "Season",
    "ServiceDay",
    "WaitingEntry",
    "validate_deadline",
]
