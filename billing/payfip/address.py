"""The address protocol (régie and titre): the payer's browser carries all, and nothing is signed.

So what comes back is a hint: it is compared with what was stored, and anybody could have sent it.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from billing.payfip.facts import Detail, PaymentRequest, Unavailable, cents, checked, subject
from billing.payfip.wire import detail

PATH = "/tpa/paiement.web"


def address(base_url: str, request: PaymentRequest) -> str:
    """Where the browser goes to pay. Raises `BadRequest`."""
    checked(request, modes="TXAM")
    fields = {
        "numcli": request.numcli,
        "exer": request.exercise,
        "refdet": request.refdet,
        "objet": subject(request.subject),
        "montant": cents(request.amount),
        "mel": request.email,
        "urlcl": request.return_url,
        "saisie": request.mode,
    }
    return f"{base_url.rstrip('/')}{PATH}?{urlencode({name: value for name, value in fields.items() if value})}"


def read_return(posted: Mapping[str, str]) -> Detail | None:
    """What the POST to `urlcl` says, None when it says nothing that can be understood."""
    try:
        return detail({name: str(value) for name, value in posted.items()})
    except Unavailable:
        return None
