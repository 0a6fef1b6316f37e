"""What a request carries once its host is known; for annotations, the class is Django's."""

from lps.kernel.requests import StampedRequest
from tenants.models import Commune


class CommuneRequest(StampedRequest):
    """A request with its commune; None on the console's host."""

    commune: Commune | None
