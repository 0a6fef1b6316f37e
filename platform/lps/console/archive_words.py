"""Why an export is not begun, or an archive not brought back, in French."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenants.archive.manifest import BadArchive

REFUSED = {
    "under_way": _("Un export de cette commune est déjà en cours : attendez qu'il soit prêt."),
    "short_passphrase": _("La phrase secrète compte de 16 à 200 caractères."),
    "erased": _("Cette commune est effacée : il n'y a plus rien à exporter."),
}
_BAD = {
    "no_archive": _("Ce fichier n'est pas un export de commune."),
    "other_format": _("Cet export est d'un autre format que celui que ce logiciel lit."),
    "damaged": _("Ce fichier est abîmé : copiez-le de nouveau."),
    "changed": _("Ce fichier n'est plus celui qui a été exporté : une empreinte diffère."),
    "other_members": _("Ce fichier n'est plus celui qui a été exporté : il y manque ou s'y ajoute quelque chose."),
    "forged": _("Le sceau de cet export n'est pas celui de la commune : quelqu'un l'a modifié."),
    "newer_version": _("Cet export vient d'une version plus récente du logiciel : mettez celui-ci à jour."),
    "older_structure": _(
        "Cet export vient d'une version plus ancienne du logiciel : ses tables sont faites par le SQL qu'il contient, "
        "qui s'exécute avec tous les droits, sur toutes les communes. S'il n'a jamais quitté vos mains, recommencez "
        "avec --structure-connue ; sinon, ramenez-le d'abord sur un serveur à part."
    ),
    "other_version": _("Cet export vient d'une version du logiciel qui ne peut pas être relue ici."),
    "other_columns": _("Cet export vient d'une version du logiciel qui ne peut pas être relue ici."),
    "refused_rows": _("La base refuse des lignes de cet export."),
    "other_rows": _("Ce qui est revenu n'est pas ce qui avait été exporté."),
}


def bad(error: BadArchive) -> str:
    """The sentence, with what it is about."""
    where = f" ({error.detail})" if error.detail else ""
    nothing = gettext("Rien n'a été changé.")
    return f"{_BAD[error.code]}{where} {nothing}"
