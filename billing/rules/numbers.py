"""How invoices, orders and tickets are numbered: `2012-001-000056`, `2012-04-00-56`, `20120228135020x62206`."""

import re
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

_INVOICE = re.compile(r"(\d{4})-?(\d{3})-?(\d{6})")


class InvoiceNumber(NamedTuple):
    """The year, the run of that year, the rank in the year's invoices."""

    year: int
    run: int
    rank: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.run:03}-{self.rank:06}"

    @property
    def refdet(self) -> str:
        """The same without dashes, as PayFiP wants it."""
        return str(self).replace("-", "")

    def order_number(self, revenue_code: str) -> str:
        """The order's number: the year, the town's revenue code, `00`, the rank without zeros. It holds no month."""
        return f"{self.year:04}-{revenue_code}-00-{self.rank}"


def parse(text: str) -> InvoiceNumber:
    """Read a number, or a `refdet`, back. Raises ValueError."""
    found = _INVOICE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"not an invoice's number: {text!r}")
    return InvoiceNumber(*map(int, found.groups()))


def ticket(*, opened_at: datetime, zone: ZoneInfo, number: int) -> str:
    """The family's ticket: the commune's local time at which the attempt was opened, `x`, the attempt's number."""
    return f"{opened_at.astimezone(zone):%Y%m%d%H%M%S}x{number}"
