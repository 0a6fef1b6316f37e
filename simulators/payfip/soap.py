"""The web service's words on the wire, SOAP 1.1 document/literal, and its contract."""

from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from simulators.payfip.state import Fault, Treasury

SERVICE = (
    "http://securite.service.tpa.cp.finances.gouv.fr/services/mas_securite/"
    "contrat_paiement_securise/PaiementSecuriseService"
)
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OPERATIONS = frozenset({"creerPaiementSecurise", "recupererDetailClient", "recupererDetailPaiementSecurise"})
_EXCEPTIONS = "fr.gouv.finances.cp.tpa.webservice.exceptions."


def answer(treasury: Treasury, body: bytes) -> tuple[int, bytes]:
    """The status and the envelope that answer a request."""
    status = int(treasury.switches.fault_status)
    try:
        operation, fields = _read(body)
    except (ParseError, DefusedXmlException, ValueError, LookupError):  # the last: an encoding that nobody knows
        return status, unreadable()
    try:
        return 200, _wrapped(operation, _done(treasury, operation, fields))
    except Fault as found:
        return status, fault("FonctionnelleErreur", found.code, f"erreur {found.code}")


def unreadable() -> bytes:
    """The fault for a request that is none."""
    return fault("TechProtocolaireErreur", "999", "requete illisible")


def fault(kind: str, code: str, label: str) -> bytes:
    """A fault with its detail."""
    return _envelope(
        f"<S:Fault><faultcode>S:Server</faultcode><faultstring>{_EXCEPTIONS}{kind}</faultstring><detail>"
        f'<t:{kind} xmlns:t="{SERVICE}"><code>{code}</code><descriptif/><libelle>{escape(label)}</libelle>'
        f"<severite>2</severite></t:{kind}></detail></S:Fault>"
    )


def _read(body: bytes) -> tuple[str, dict[str, str]]:
    """The operation and its fields, named exactly: `idop` for `idOp` is no field."""
    root = fromstring(body, forbid_dtd=True)
    asked = root.find(f"{{{SOAP}}}Body/*")
    if asked is None or not asked.tag.startswith(f"{{{SERVICE}}}"):
        raise ValueError("no operation")
    operation = asked.tag.removeprefix(f"{{{SERVICE}}}")
    if operation not in OPERATIONS:
        raise ValueError(operation)
    return operation, {field.tag: field.text or "" for field in asked.iterfind("arg0/*")}


def _done(treasury: Treasury, operation: str, fields: dict[str, str]) -> dict[str, str]:
    if operation == "creerPaiementSecurise":
        return {"idOp": treasury.create(fields)}
    if operation == "recupererDetailClient":
        labels = treasury.customer(fields.get("numCli", ""))
        return {**{f"libelleN{rank}": label for rank, label in enumerate(labels, 1)}, "numcli": fields["numCli"]}
    return treasury.detail(fields.get("idOp", ""))


def _wrapped(operation: str, fields: dict[str, str]) -> bytes:
    """Empty fields are missing, as the real service leaves them out."""
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items() if value)
    return _envelope(f'<t:{operation}Response xmlns:t="{SERVICE}"><return>{inside}</return></t:{operation}Response>')


def _envelope(body: str) -> bytes:
    text = f'<S:Envelope xmlns:S="{SOAP}"><S:Body>{body}</S:Body></S:Envelope>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()
