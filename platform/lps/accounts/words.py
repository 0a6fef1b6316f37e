"""The words of refusals at the doors."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lps.kernel.refusals import Refusal

MINUTES_FROM = 90


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
