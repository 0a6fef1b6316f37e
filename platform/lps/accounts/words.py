"""The words of refusals at the doors and about accounts."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lps.kernel.refusals import Refusal

MINUTES_FROM = 90
_REFUSED = {
    "wrong_password": gettext_lazy("Ce n'est pas votre mot de passe actuel."),
    "password_too_short": gettext_lazy("Ce mot de passe est trop court : il lui faut au moins %(shortest)d signes."),
    "password_too_long": gettext_lazy("Ce mot de passe est trop long : %(longest)d signes au plus."),
    "password_common": gettext_lazy(
        "Ce mot de passe est trop facile à deviner. Choisissez par exemple une phrase de quatre mots."
    ),
    "wrong_code": gettext_lazy(
        "Ce code n'est pas le bon. Vérifiez que le téléphone est à l'heure, puis saisissez le code qu'il affiche."
    ),
    "unknown_role": gettext_lazy("Choisissez au moins un rôle."),
    "kept_administrator": gettext_lazy(
        "Un administrateur travaille partout : retirez les écoles et les activités, ou choisissez un autre rôle."
    ),
    "email_taken": gettext_lazy("Un agent a déjà cette adresse e-mail : retrouvez-le dans la liste des agents."),
    "bad_address": gettext_lazy("Cette adresse e-mail n'est pas complète : elle s'écrit comme prenom.nom@exemple.fr."),
    "last_administrator": gettext_lazy(
        "C'est le dernier administrateur en activité. Donnez d'abord ce rôle à un autre agent qui s'est déjà connecté."
    ),
    "last_operator": gettext_lazy(
        "C'est le dernier exploitant en activité. Donnez d'abord ce rôle à un autre compte qui s'est déjà connecté."
    ),
    "already_open": gettext_lazy("Cet agent a déjà ouvert son accès : l'invitation n'a plus d'objet."),
    "switched_off": gettext_lazy("Cet accès est arrêté : remettez-le en service d'abord."),
    "unknown_scope": gettext_lazy("Choisissez au moins une permission."),
}


def waiting(seconds: int) -> str:
    """How long to wait: "30 secondes", "1 minute" at least, rounded up."""
    if seconds < MINUTES_FROM:
        return ngettext("%(count)d seconde", "%(count)d secondes", seconds) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def sign_in_refused(refusal: Refusal) -> str:
    """Why an agent or an operator may not come in; never which of the three proofs was wrong."""
    if refusal.code == "wait":
        return _("Trop d'essais. Recommencez dans %(wait)s.") % {"wait": waiting(refusal.facts["seconds"])}
    return _("L'adresse e-mail, le mot de passe ou le code à usage unique n'est pas le bon.")


def account_refused(refusal: Refusal) -> str:
    """Why an account may not be, or be changed so."""
    if refusal.code == "wait":
        return sign_in_refused(refusal)
    return str(_REFUSED[refusal.code]) % dict(refusal.facts)
