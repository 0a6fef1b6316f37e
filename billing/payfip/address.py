"""The address protocol (régie and titre): the payer's browser carries all, and nothing is signed.

So what comes back is a hint: it is compared with what was stored, and anybody could have sent it.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from billing.payfip.facts import Detail, PaymentRequest, Unavailable, cents, checked, subject
from billing.payfip.wire import detail

PATH = "/tpa/paiement.web"
# What a return may say; nothing longer is looked at, nor any sign that the protocol does not write.
_SAID = ("numcli", "refdet", "montant", "saisie", "resultrans", "numauto", "dattrans", "heurtrans")
_PLAIN = re.compile(r"[0-9A-Za-z -]{0,40}")


def address(base_url: str, request: PaymentRequest) -> str:
    """Where the browser goes to pay. Raises `BadRequest`."""
    return f"{base_url.rstrip('/')}{PATH}?{urlencode(fields(request))}"


def fields(request: PaymentRequest) -> dict[str, str]:
    """What the browser carries, the empty ones left out. Raises `BadRequest`."""
    checked(request, modes="TXAM")
    asked = {
        "numcli": request.numcli,
        "exer": request.exercise,
        "refdet": request.refdet,
        "objet": subject(request.subject),
        "montant": cents(request.amount),
        "mel": request.email,
        "urlcl": request.return_url,
        "saisie": request.mode,
    }
    return {name: value for name, value in asked.items() if value}


def read_return(posted: Mapping[str, str]) -> Detail | None:
    """What the POST to `urlcl` says, None when it says nothing that can be understood."""
    said = {name: str(posted.get(name, "")).strip() for name in _SAID}
    if not all(_PLAIN.fullmatch(value) for value in said.values()):
        return None
    try:
        return detail(said)
    except Unavailable:
        return None
