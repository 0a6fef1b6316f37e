"""PayFiP, the Treasury's online payment, on the wire: web service and address protocol. Nothing is decided here.

What is known of the protocol comes from its public contract and from recorded exchanges; the codes and the limits that
rest on one source alone are parameters.
"""

from billing.payfip.client import Client
from billing.payfip.facts import (
    BadRequest,
    Customer,
    Detail,
    PayFipError,
    PaymentRequest,
    Refused,
    Result,
    Unavailable,
)

__all__ = [
    "BadRequest",
    "Client",
    "Customer",
    "Detail",
    "PayFipError",
    "PaymentRequest",
    "Refused",
    "Result",
    "Unavailable",
]
