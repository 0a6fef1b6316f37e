"""The telephone's stages and outcomes in the words of agents."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from voice.dialogue.facts import Stage
from voice.models import Call

# In the order of a call.
STAGES: Mapping[str, str | Promise] = {
    Stage.CODE: _l("code de l'enfant"),
    Stage.SECRET: _l("code de la famille"),
    Stage.SERVICE: _l("choix du service"),
    Stage.DATES: _l("choix des jours"),
    Stage.NEXT_WEEK: _l("autre semaine proposée"),
    Stage.WAITING: _l("liste d'attente proposée"),
    Stage.CONFIRM: _l("confirmation"),
    Stage.AFTER: _l("après l'enregistrement"),
}
OUTCOMES: Mapping[str, str | Promise] = {
    Call.Outcome.SAVED: _l("réservation enregistrée"),
    Call.Outcome.NOTHING: _l("rien de changé"),
    Call.Outcome.HUNG_UP: _l("raccroché en route"),
    Call.Outcome.REFUSED: _l("refusé : trop d'essais, ou d'appels à la fois"),
    Call.Outcome.HIDDEN: _l("refusé : numéro masqué"),
    Call.Outcome.SHUT: _l("serveur vocal fermé"),
    Call.Outcome.FAILED: _l("panne"),
    Call.Outcome.RUNNING: _l("en cours"),
}
# Why a recording is not taken.
RECORDING_REFUSED: Mapping[str, str | Promise] = {
    "too_heavy": _l("Ce fichier est trop lourd\u00a0: 6 Mo au plus."),
    "not_wav": _l(
        "Ce fichier n'est pas un son WAV que nous savons lire. Dans votre logiciel de son, choisissez "
        "«\u00a0Exporter en WAV, PCM 16 bits\u00a0»\u00a0; un MP3, un M4A ou un OGG se convertit ainsi."
    ),
    "too_long": _l("Cet enregistrement est trop long\u00a0: trente secondes au plus."),
    "too_short": _l("Cet enregistrement est trop court pour être entendu\u00a0: recommencez-le."),
    "silent": _l("On n'entend rien dans cet enregistrement\u00a0: vérifiez le micro, puis recommencez."),
}
# The badge of an outcome, from the look.
BADGES: Mapping[str, str] = {
    Call.Outcome.SAVED: "ok",
    Call.Outcome.HUNG_UP: "wait",
    Call.Outcome.REFUSED: "bad",
    Call.Outcome.FAILED: "bad",
}


def duration(seconds: int) -> str:
    """ "45 s", "2 min 05 s"."""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return _("%(seconds)s s") % {"seconds": rest}
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": f"{rest:02}"}


def told_steps(steps: Sequence[Sequence[object]]) -> list[str]:
    """ "0 s : code de l'enfant", one a step; a stage of an older version keeps its own name."""
    return [
        _("%(when)s : %(stage)s") % {"when": duration(int(str(at))), "stage": STAGES.get(str(stage), str(stage))}
        for at, stage in steps
    ]
