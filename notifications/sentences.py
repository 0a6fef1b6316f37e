"""Why a message did not arrive, in words that a clerk reads: one sentence for each code that the outbox may keep."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

# By the beginning of the code: a server's status may follow it.
_WHY: Mapping[str, str | Promise] = {
    "blocked": _l("le destinataire a demandé à ne plus rien recevoir (STOP), ou son adresse n'existe plus"),
    "monthly_cap": _l("le plafond du mois est atteint"),
    "no_provider": _l("aucun prestataire de SMS n'est réglé"),
    "never_seen": _l("le prestataire dit ne l'avoir jamais reçu"),
    "stopped": _l("les envois étaient arrêtés et il a été choisi de ne pas l'envoyer"),
    "recipient_refused": _l("l'adresse est refusée"),
    "number_refused": _l("le numéro est refusé par le prestataire"),
    "worker_killed": _l("le portail s'est arrêté plusieurs fois pendant l'envoi"),
    "internal": _l("une erreur du portail"),
    "unreachable": _l("le serveur d'envoi ne répond pas"),
    "no_answer": _l("le prestataire n'a pas répondu à temps"),
    "unreadable": _l("la réponse du prestataire est illisible"),
    "disk": _l("le disque du portail est plein"),
    "server_refused": _l("le serveur d'envoi refuse de travailler"),
    "message_refused": _l("le serveur d'envoi a refusé ce message"),
    "http_401": _l("le prestataire refuse nos identifiants"),
    "http_402": _l("il ne reste plus de crédit chez le prestataire"),
    "http_403": _l("le prestataire refuse nos identifiants"),
    "http_429": _l("le prestataire demande de ralentir"),
    "http_5": _l("le prestataire est en panne"),
    "http_": _l("le prestataire l'a refusé"),
}
# What OVHcloud tells of a failure, by its own number.
_OPERATORS: Mapping[str, str | Promise] = {
    "8": _l("le téléphone est resté injoignable trop longtemps"),
    "20": _l("l'opérateur refuse ce message"),
    "21": _l("le forfait du destinataire ne le permet pas"),
    "23": _l("le numéro n'existe plus ou ne reçoit pas de SMS"),
    "24": _l("le téléphone est éteint ou hors réseau"),
    "25": _l("une panne passagère de l'opérateur"),
    "26": _l("le téléphone ne pouvait rien recevoir (mémoire pleine ou occupé)"),
    "27": _l("le téléphone ne sait pas recevoir ce message"),
    "28": _l("l'opérateur l'a pris pour un message indésirable"),
    "29": _l("l'opérateur refuse ce contenu"),
    "33": _l("l'opérateur refuse ce contenu"),
    "39": _l("une panne de l'opérateur"),
    "73": _l("le numéro a changé d'opérateur et n'est pas joignable"),
    "74": _l("le téléphone est à l'étranger"),
    "76": _l("l'opérateur bloque nos messages vers ce numéro"),
    "202": _l("l'opérateur bloque nos messages vers ce numéro"),
}
_UNTOLD = _l("l'opérateur n'a pas dit pourquoi")


def why(code: str) -> str:
    """The sentence of a code, "" for none; an operator's number that we do not know is shown as it is."""
    if not code:
        return ""
    origin, _under, number = code.partition("_")
    if origin in ("ptt", "code"):
        return _operators_word(origin, number)
    return str(next((words for begun, words in _WHY.items() if code.startswith(begun)), code))


def _operators_word(origin: str, number: str) -> str:
    if origin == "ptt" and number in _OPERATORS:
        return str(_OPERATORS[number])
    if not number.isdigit() or (origin == "ptt" and number == "5"):
        return str(_UNTOLD)
    return _("l'opérateur l'a refusé (code %(number)s)") % {"number": number}
