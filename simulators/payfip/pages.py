"""The pages that a payer sees, in the Treasury's words of the time, without a script."""

from datetime import datetime
from html import escape

from simulators.payfip.state import PARIS, Operation, Switches

TEST = "Attention il s'agit d'un paiement de test. Aucun paiement ne sera réellement effectué."
CARDS = ("CB", "VISA", "MasterCard")
ENDS = {
    "P": "Votre paiement est accepté",
    "V": "Votre prélèvement est enregistré",
    "R": "Votre paiement est refusé",
    "Z": "Votre prélèvement est refusé",
    "A": "Vous avez abandonné ce paiement",
}
_STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:40rem;margin:0 auto;padding:1rem;color:#161616;background:#fff}"
    "h1{font-size:1.4rem}fieldset{border:1px solid #666;margin:1rem 0}label{display:block;margin:.5rem 0}"
    "button,a.b{display:inline-block;box-sizing:border-box;min-height:44px;"
    "padding:.6rem 1rem;margin:.25rem;font:inherit;background:#000091;"
    "color:#fff;border:0;text-decoration:none}dt{font-weight:700}.t{border:2px solid #000091;padding:1rem}"
)


def page(title: str, body: str) -> bytes:
    """One page."""
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    ).encode()


def choice(operation: Operation, labels: tuple[str, ...]) -> bytes:
    """The debt, then the kind of card, or another way."""
    cards = "".join(
        f'<label><input type="radio" name="carte" value="{card}"{" checked" if card == "CB" else ""}> {card}</label>'
        for card in CARDS
    )
    ends = "".join(
        f'<button name="fin" value="{code}">{escape(words)}</button>'
        for code, words in (("V", "Payer par prélèvement"), ("Z", "Prélèvement refusé"), ("A", "Abandonner"))
    )
    return page(
        "TELEPAIEMENT",
        f"{_debt(operation, labels)}<form method=post action=/tpa/carte><input type=hidden name=idop "
        f'value="{operation.id_op}"><fieldset><legend>Type de carte</legend>{cards}</fieldset>'
        f"<button>Continuer</button></form><form method=post action=/tpa/fin><input type=hidden name=idop "
        f'value="{operation.id_op}">{ends}</form>',
    )


def card(operation: Operation, labels: tuple[str, ...]) -> bytes:
    """The card's number, a test card filled in."""
    fields = "".join(
        f'<label>{words} <input name="{name}" value="{value}" required autocomplete=off></label>'
        for name, words, value in (
            ("numero", "Numéro de carte", "4970 1000 0000 0000"),
            ("expire", "Date d'expiration", "12/30"),
            ("cryptogramme", "Cryptogramme", "123"),
        )
    )
    return page(
        "TELEPAIEMENT",
        f"{_debt(operation, labels)}<form method=post action=/tpa/fin><input type=hidden name=idop "
        f'value="{operation.id_op}">{fields}<button name="fin" value="P">Valider</button>'
        f'<button name="fin" value="R">Carte refusée</button><button name="fin" value="A">Abandonner</button></form>',
    )


def ticket(operation: Operation, back: str) -> bytes:
    """What ended, with the ticket when it was paid, and the way back to the site."""
    paid = operation.result in ("P", "V")
    proof = (
        f"<section class=t><h2>TICKET DE PAIEMENT</h2>{facts(operation)}</section>"
        f'<p><a class=b href="/tpa/ticket?idop={operation.id_op}">Imprimer</a>'
        f'<a class=b href="/tpa/ticket.pdf?idop={operation.id_op}">Enregistrer en PDF</a></p>'
        if paid
        else ""
    )
    return page(ENDS[operation.result], f"{proof}{back}")


def printed(operation: Operation, labels: tuple[str, ...]) -> bytes:
    """The ticket alone, for the browser's own printing."""
    return page("TICKET DE PAIEMENT", f"<p>{escape(' '.join(filter(None, labels)))}</p>{facts(operation)}")


def facts(operation: Operation) -> str:
    """What a ticket says, hour of Paris."""
    at = (operation.paid_at or operation.created_at).astimezone(PARIS)
    return (
        f"<dl><dt>Référence de la dette</dt><dd>{escape(operation.asked['refdet'])}</dd>"
        f"<dt>Date</dt><dd>{at:%d/%m/%Y %H:%M}</dd>"
        f"<dt>Montant</dt><dd>{_euros(operation.asked['montant'])}</dd>"
        f"<dt>N° auto</dt><dd>{operation.authorization}</dd></dl>"
    )


def link_back(url: str) -> str:
    """RETOUR SITE, when the web service is used: the browser follows a link."""
    return f'<p><a class=b href="{escape(url)}">RETOUR SITE</a></p>'


def form_back(url: str, fields: dict[str, str]) -> str:
    """RETOUR SITE by POST: the address protocol gives its result so."""
    hidden = "".join(f'<input type=hidden name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return f'<form method=post action="{escape(url)}">{hidden}<button>RETOUR SITE</button></form>'


def refused(code: str) -> bytes:
    """A page that cannot be opened."""
    return page("TELEPAIEMENT", f"<p>Ce paiement n'est pas possible (code {escape(code)}).</p>")


def wrong(sentence: str) -> bytes:
    """A request that cannot stand."""
    return page("TELEPAIEMENT", f"<p>{escape(sentence)}</p>")


def control(switches: Switches, operations: list[Operation], now: datetime) -> bytes:
    """For developers: the hour, the bad days, and what was asked, the last first."""
    told = "".join(f"<dt>{escape(words)}</dt><dd>{_chosen(name, switches)}</dd>" for name, words in _SWITCHES.items())
    buttons = "".join(
        f"<fieldset><legend>{escape(words)}</legend>{_buttons(name)}</fieldset>" for name, words in _SWITCHES.items()
    )
    rows = "".join(_row(one) for one in reversed(operations)) or "<li>Aucune opération.</li>"
    return page(
        "PayFiP simulé",
        f"<dl><dt>Heure du Trésor</dt><dd>{now.astimezone(PARIS):%d/%m/%Y %H:%M}</dd>{told}</dl>"
        f"<h2>Opérations</h2><ul>{rows}</ul><h2>Réglages</h2><form method=post action=/controle>{buttons}"
        "<button name=purge value=1>Oublier maintenant ce que personne n'a ouvert</button>"
        "<button name=reset value=1>Tout remettre</button></form><form method=post action=/controle>"
        "<label>Minutes d'avance de l'horloge <input name=minutes inputmode=numeric required></label>"
        "<button>Avancer</button></form>",
    )


_SWITCHES = {
    "notify": "Notification",
    "down": "Service",
    "fault_status": "Fautes du service",
    "wrong_amount": "Montant répondu",
    "nightly": "Oubli de la nuit",
}
_WORDS = {
    "notify": {
        "before": "avant le retour",
        "early": "avant le résultat",
        "twice": "deux fois",
        "late": "à la main",
        "never": "jamais",
    },
    "down": {
        "": "en service",
        "503": "erreur 503",
        "timeout": "muet",
        "html": "page HTML",
        "technical": "faute technique",
    },
    "fault_status": {"500": "HTTP 500", "200": "HTTP 200"},
    "wrong_amount": {"": "juste", "1": "faux d'un euro"},
    "nightly": {"": "non", "1": "oui"},
}


def _chosen(name: str, switches: Switches) -> str:
    value = getattr(switches, name)
    return escape(_WORDS[name][("1" if value else "") if isinstance(value, bool) else value])


def _buttons(name: str) -> str:
    return "".join(
        f'<button name="{name}" value="{value}">{escape(words)}</button>' for value, words in _WORDS[name].items()
    )


def _row(operation: Operation) -> str:
    asked = operation.asked
    return (
        f"<li>{escape(asked['refdet'])}, {_euros(asked['montant'])} : {ENDS.get(operation.result, 'en attente')}"
        f"<form method=post action=/controle><button name=notifier value={operation.id_op}>"
        f"Notifier {escape(asked['refdet'])}</button></form></li>"
    )


def _debt(operation: Operation, labels: tuple[str, ...]) -> str:
    test = f"<p><strong>{TEST}</strong></p>" if operation.asked.get("saisie") == "T" else ""
    return (
        f"<p>Collectivité : {escape(' '.join(filter(None, labels)))}</p>{test}"
        "<section class=t><h2>DETTE A PAYER</h2><dl>"
        f"<dt>Référence de la dette</dt><dd>{escape(operation.asked['refdet'])}</dd>"
        f"<dt>Objet</dt><dd>{escape(operation.asked.get('objet', ''))}</dd>"
        f"<dt>Montant</dt><dd>{_euros(operation.asked['montant'])}</dd></dl></section>"
    )


def _euros(cents: str) -> str:
    whole = f"{int(cents):03}"
    return f"{whole[:-2]},{whole[-2:]} €"
