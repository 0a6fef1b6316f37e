"""The client of the web service: three operations, time-outs, sizes bounded. It logs neither addresses nor amounts."""

import logging
import re
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import requests
from urllib3.exceptions import HTTPError

from billing.payfip import wire
from billing.payfip.facts import (
    Customer,
    Detail,
    PaymentRequest,
    Refused,
    Unavailable,
    cents,
    checked,
    subject,
)
from lps.kernel.metrics import counted

SERVICE_PATH = "/tpa/services/securite"
PAGE_PATH = "/tpa/paiementws.web"
CONNECT, READ = 5.0, 20.0  # seconds, the second between two pieces of an answer
LONGEST = 30.0  # seconds for the whole body
_PIECE = 65_536  # bytes
MOST_BYTES = 200_000
_ID_OP = re.compile(r"[0-9A-Za-z-]{1,36}")
log = logging.getLogger(__name__)


class Client:
    """Speaks to one PayFiP, the Treasury's or a simulator of it.

    Each call raises `Refused` for a code of the service and `Unavailable` for anything that is no answer. None is tried
    again here: to create twice would open two operations, and to ask again is for the caller's clock.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")

    def create(self, request: PaymentRequest) -> str:
        """Open an operation and give its `idOp`. Raises also `BadRequest`, before anything is sent."""
        checked(request, modes="TXW")
        fields = {
            "exer": request.exercise,
            "mel": request.email,
            "montant": cents(request.amount),
            "numcli": request.numcli,
            "objet": subject(request.subject),
            "refdet": request.refdet,
            "saisie": request.mode,
            "urlnotif": request.notify_url,
            "urlredirect": request.return_url,
        }
        id_op = self._call("creerPaiementSecurise", fields).get("idOp", "")
        if not _ID_OP.fullmatch(id_op):
            raise Unavailable("no idOp in the answer")
        return id_op

    def detail(self, id_op: str) -> Detail:
        """What became of an operation; asking has no effect. P5 (not known yet) and P1 (unknown) are `Refused`."""
        return wire.detail(self._call("recupererDetailPaiementSecurise", {"idOp": id_op}))

    def customer(self, numcli: str) -> Customer:
        """How the Treasury names a client number: what proves that it was typed right."""
        fields = self._call("recupererDetailClient", {"numCli": numcli})
        labels = tuple(filter(None, (fields.get(f"libelleN{rank}", "") for rank in (1, 2, 3))))
        return Customer(fields.get("numcli", numcli), labels)

    def page(self, id_op: str) -> str:
        """Where the payer's browser goes: within fifteen minutes."""
        return f"{self._base_url}{PAGE_PATH}?{urlencode({'idop': id_op})}"

    def _call(self, operation: str, fields: Mapping[str, str]) -> dict[str, str]:
        began, outcome = time.perf_counter(), "unavailable"
        try:
            answered = self._asked(operation, fields)
            outcome = "answered"
        except Refused:
            outcome = "refused"
            raise
        finally:
            counted.PAYFIP.labels(operation=operation, outcome=outcome).observe(time.perf_counter() - began)
        return answered

    def _asked(self, operation: str, fields: Mapping[str, str]) -> dict[str, str]:
        content = wire.envelope(operation, fields)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        try:
            with requests.post(
                f"{self._base_url}{SERVICE_PATH}",
                data=content,
                headers=headers,
                timeout=(CONNECT, READ),
                allow_redirects=False,
                stream=True,
            ) as answered:
                read = _body(answered)
        except (requests.RequestException, HTTPError, OSError) as error:  # urllib3's own, once the body has begun
            log.warning("PayFiP %s: %s", operation, type(error).__name__)
            raise Unavailable(type(error).__name__) from None
        try:
            return wire.answer(read, operation=operation)
        except Unavailable as error:
            log.warning("PayFiP %s: HTTP %s, %s", operation, answered.status_code, error.reason)
            raise


def _body(answered: requests.Response) -> bytes:
    """The body, neither too long nor for ever: one that drips would otherwise hold us. Raises `Unavailable`."""
    read, end = bytearray(), time.monotonic() + LONGEST
    while piece := answered.raw.read1(_PIECE, decode_content=True):
        read += piece
        if len(read) > MOST_BYTES:
            raise Unavailable("an answer too long")
        if time.monotonic() > end:
            raise Unavailable("an answer too slow")
    return bytes(read)
