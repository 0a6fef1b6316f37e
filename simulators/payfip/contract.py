"""The contract of the web service (WSDL 1.1), with its types inside: every field is a text, and may be missing."""

from xml.sax.saxutils import quoteattr

from simulators.payfip.soap import SERVICE

REQUEST = "http://securite.service.tpa.cp.finances.gouv.fr/requete"
REPLY = "http://securite.service.tpa.cp.finances.gouv.fr/reponse"
# By operation, in the order of the schema: what `arg0` may hold, then what `return` may hold.
FIELDS = {
    "creerPaiementSecurise": ("exer mel montant numcli objet refdet saisie urlnotif urlredirect", "idOp"),
    "recupererDetailClient": ("numCli", "libelleN1 libelleN2 libelleN3 numcli"),
    "recupererDetailPaiementSecurise": (
        "idOp",
        "dattrans exer heurtrans idOp mel montant numauto numcli objet refdet resultrans saisie",
    ),
}
FAULTS = ("FonctionnelleErreur", "TechDysfonctionnementErreur", "TechIndisponibiliteErreur", "TechProtocolaireErreur")
_FAULT_FIELDS = "code descriptif libelle message severite"


def wsdl(location: str) -> bytes:
    """The contract of the service at this address."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><w:definitions name="PaiementSecuriseService" '
        'xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" '
        f'xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="{SERVICE}" xmlns:q="{REQUEST}" xmlns:r="{REPLY}" '
        f'targetNamespace="{SERVICE}"><w:types>{_schemas()}</w:types>{_messages()}'
        f'<w:portType name="PaiementSecuriseService">{"".join(map(_abstract, FIELDS))}</w:portType>'
        '<w:binding name="PaiementSecuriseHttp" type="t:PaiementSecuriseService">'
        '<s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
        f'{"".join(map(_bound, FIELDS))}</w:binding><w:service name="PaiementSecuriseService">'
        f'<w:port name="PaiementSecurisePort" binding="t:PaiementSecuriseHttp">'
        f"<s:address location={quoteattr(location)}/>"
        "</w:port></w:service></w:definitions>"
    )
    return text.encode()


def _schemas() -> str:
    asked = "".join(_type(f"{name}Requete", fields) for name, (fields, _) in FIELDS.items())
    told = "".join(_type(f"{name}Reponse", fields) for name, (_, fields) in FIELDS.items())
    elements = "".join(
        _element(name, "arg0", f"q:{name}Requete") + _element(f"{name}Response", "return", f"r:{name}Reponse")
        for name in FIELDS
    )
    faults = "".join(f'<x:element name="{name}" type="t:Erreur"/>' for name in FAULTS)
    return (
        f'<x:schema targetNamespace="{REQUEST}">{asked}</x:schema>'
        f'<x:schema targetNamespace="{REPLY}">{told}</x:schema>'
        f'<x:schema targetNamespace="{SERVICE}"><x:import namespace="{REQUEST}"/><x:import namespace="{REPLY}"/>'
        f"{_type('Erreur', _FAULT_FIELDS)}{elements}{faults}</x:schema>"
    )


def _type(name: str, fields: str) -> str:
    inside = "".join(f'<x:element name="{field}" type="x:string" minOccurs="0"/>' for field in fields.split())
    return f'<x:complexType name="{name}"><x:sequence>{inside}</x:sequence></x:complexType>'


def _element(name: str, inside: str, kind: str) -> str:
    field = f'<x:element name="{inside}" type="{kind}" minOccurs="0"/>'
    return f'<x:element name="{name}"><x:complexType><x:sequence>{field}</x:sequence></x:complexType></x:element>'


def _messages() -> str:
    names = [*FIELDS, *(f"{name}Response" for name in FIELDS), *FAULTS]
    return "".join(f'<w:message name="{name}"><w:part name="body" element="t:{name}"/></w:message>' for name in names)


def _abstract(name: str) -> str:
    faults = "".join(f'<w:fault name="{fault}" message="t:{fault}"/>' for fault in FAULTS)
    return (
        f'<w:operation name="{name}"><w:input message="t:{name}"/><w:output message="t:{name}Response"/>'
        f"{faults}</w:operation>"
    )


def _bound(name: str) -> str:
    body = '<s:body use="literal"/>'
    faults = "".join(f'<w:fault name="{fault}"><s:fault name="{fault}" use="literal"/></w:fault>' for fault in FAULTS)
    return (
        f'<w:operation name="{name}"><s:operation soapAction=""/><w:input>{body}</w:input>'
        f"<w:output>{body}</w:output>{faults}</w:operation>"
    )
