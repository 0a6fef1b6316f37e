"""What a request carries from the outermost middleware on; for annotations, the class is Django's."""

from datetime import datetime

from django.http import HttpRequest


class StampedRequest(HttpRequest):
    """A request that knows when it was received (aware, UTC), from where, and its own name in the logs."""

    received_at: datetime
    client_address: str
    request_id: str
