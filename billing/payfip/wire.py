"""SOAP 1.1, document/literal, as the Treasury's service speaks it: envelopes written, answers read, hardened.

Only the operation's element is in the service's namespace; `arg0`, `return` and every field are in none. All fields are
texts, all may be missing.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from billing.payfip.facts import Detail, Refused, Result, Unavailable, euros

SERVICE = (
    "http://securite.service.tpa.cp.finances.gouv.fr/services/mas_securite/"
    "contrat_paiement_securise/PaiementSecuriseService"
)
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
# Dates and hours of the answers are local there.
PARIS = ZoneInfo("Europe/Paris")
FUNCTIONAL = "FonctionnelleErreur"
_TECHNICAL = frozenset({"TechDysfonctionnementErreur", "TechIndisponibiliteErreur", "TechProtocolaireErreur"})
_DAY = re.compile(r"[0-9]{8}")
_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])")


def envelope(operation: str, fields: Mapping[str, str]) -> bytes:
    """A request: the fields in the order given, the empty ones left out."""
    root = Element(f"{{{SOAP}}}Envelope")
    argument = SubElement(SubElement(SubElement(root, f"{{{SOAP}}}Body"), f"{{{SERVICE}}}{operation}"), "arg0")
    for name, value in fields.items():
        if value:
            SubElement(argument, name).text = value
    return b'<?xml version="1.0" encoding="UTF-8"?>' + tostring(root, encoding="unicode").encode()


def answer(content: bytes, *, operation: str) -> dict[str, str]:
    """The fields of `return`; unknown ones are kept, missing ones are missing. Raises `Refused`, `Unavailable`."""
    body = _body(content)
    fault = body.find(f"{{{SOAP}}}Fault")
    if fault is not None:
        raise _fault(fault)
    found = body.find(f"{{{SERVICE}}}{operation}Response/return")
    if found is None:
        raise Unavailable("no return in the answer")
    return {_local(field): (field.text or "").strip() for field in found}


def detail(fields: Mapping[str, str]) -> Detail:
    """What was answered of an operation. Raises `Unavailable` for what cannot be understood."""
    try:
        return Detail(
            result=Result(fields.get("resultrans", "")),
            id_op=fields.get("idOp", ""),
            numcli=fields.get("numcli", ""),
            refdet=fields.get("refdet", ""),
            amount=_amount(fields.get("montant", "")),
            authorization=fields.get("numauto", "")[:16],
            at=moment(fields.get("dattrans", ""), fields.get("heurtrans", "")),
            mode=fields.get("saisie", ""),
        )
    except ValueError:
        raise Unavailable("an answer that cannot be understood") from None


def moment(day: str, hour: str) -> datetime | None:
    """`ddmmyyyy` and `hhmm`, local in Paris, as an aware instant; None without a day. Raises ValueError."""
    if not day:
        return None
    if not _DAY.fullmatch(day) or not _TIME.fullmatch(hour or "0000"):
        raise ValueError("not a date")
    return datetime.strptime(day + (hour or "0000"), "%d%m%Y%H%M").replace(tzinfo=PARIS).astimezone(UTC)


def _amount(written: str) -> Decimal | None:
    return euros(written) if written else None


def _body(content: bytes) -> Element:
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):  # the last: an encoding that nobody knows
        raise Unavailable("not XML") from None
    body = root.find(f"{{{SOAP}}}Body")
    if root.tag != f"{{{SOAP}}}Envelope" or body is None:
        raise Unavailable("not an envelope")
    return body  # type: ignore[no-any-return]


def _fault(fault: Element) -> Refused | Unavailable:
    """A functional fault carries its code; any other is technical: nothing is known, ask again."""
    for found in fault.iterfind("detail/*"):
        fields = {_local(field): (field.text or "").strip() for field in found}
        if _local(found) == FUNCTIONAL and fields.get("code"):
            return Refused(fields["code"], fields.get("libelle", "")[:200])
        if _local(found) in _TECHNICAL:
            return Unavailable(f"{_local(found)} {fields.get('code', '')}".strip())
    return Unavailable("a fault without code")


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
