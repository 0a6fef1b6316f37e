"""The ticket that a payer keeps, as a PDF."""

from html import escape

from simulators.payfip.pages import facts
from simulators.payfip.state import Operation

_STYLE = (
    "@page{size:A5;margin:2cm}body{font:11pt/1.5 sans-serif}h1{font-size:16pt}dt{font-weight:700}dd{margin:0 0 6pt}"
)


def ticket(operation: Operation, labels: tuple[str, ...]) -> bytes:
    """The PDF of a payment. WeasyPrint takes two seconds to load: it is imported by who prints."""
    from weasyprint import HTML

    html = (
        f'<!doctype html><html lang="fr"><head><title>TICKET DE PAIEMENT</title><style>{_STYLE}</style></head><body>'
        f"<h1>TICKET DE PAIEMENT</h1><p>{escape(' '.join(filter(None, labels)))}</p>{facts(operation)}</body></html>"
    )
    pdf: bytes = HTML(string=html).write_pdf(pdf_variant="pdf/ua-1")
    return pdf
