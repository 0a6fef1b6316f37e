"""What the nights erased of a commune, against the terms promised: read from its own journal, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lps.journal.models import AuditEntry

# The journal itself is kept so long: nothing older is known.
SPAN = timedelta(days=365)
ACTIONS = ("data_purged", "messages_purged", "consents_purged")


@dataclass(frozen=True, slots=True)
class Term:
    """A kind of data, how long it is kept, and the names under which its purge is told."""

    label: str | Promise
    kept: str | Promise
    names: tuple[str, ...]


TERMS = (
    Term(
        _("Réservations, pointages, absences, listes d'attente, préinscriptions, reçus"),
        _("l'année scolaire de leur jour, et la suivante"),
        ("attendances", "absences", "waiting", "bookings", "reopenings", "choices", "changes", "pre_registrations",
         "receipts"),
    ),
    Term(_("Justificatifs d'absence"), _("soixante jours après la réponse"), ("documents",)),
    Term(
        _("Familles et enfants : noms, naissances, adresses, codes"),
        _("deux ans après le départ du dernier enfant"),
        ("families", "children"),
    ),
    Term(_("Informations de santé"), _("deux mois après leur fin"), ("health_notes",)),
    Term(_("Fichiers d'import et lettres de codes"), _("deux mois"), ("imports", "letters")),
    Term(_("Liens envoyés et demandes de codes"), _("un mois"), ("links",)),
    Term(
        _("Noms sur les factures, chèques, documents comptables"),
        _("dix ans après l'année de la pièce ; les montants restent"),
        ("invoice_lines", "reasons", "invoices", "payments", "attempts", "invoice_documents", "treasury_lines",
         "treasury_files"),
    ),
    Term(_("Papiers de facturation regroupés"), _("quatre-vingt-dix jours"), ("run_bundles",)),
    Term(_("Lettres de relance"), _("un an"), ("reminder_letters",)),
    Term(
        _("Justificatifs et fichiers de quotients"),
        _("un an après la fin du quotient ; les fichiers, deux mois"),
        ("quotient_documents", "quotient_proofs", "quotient_imports"),
    ),
    Term(_("Appels au serveur vocal"), _("les mois choisis par la commune, six au départ"), ("calls",)),
    Term(_("Messages envoyés"), _("soixante jours"), ("messages",)),
    Term(_("Preuves de consentements retirés"), _("trois ans"), ("consents",)),
    Term(_("Fichiers qu'aucune donnée ne nomme plus"), _("une semaine"), ("orphan_files",)),
    Term(_("Journal des actions et des connexions"), _("un an"), ("audit_entries",)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A term, how many rows its purge erased in a year, and when it last erased some."""

    term: Term
    number: int
    last_at: datetime | None


def report(*, now: datetime) -> list[Line]:
    """The report of the commune entered, a line a term, in one statement."""
    entries = AuditEntry.objects.filter(action__in=ACTIONS, at__gte=now - SPAN).order_by("at", "pk")
    numbers: dict[str, int] = {}
    last: dict[str, datetime] = {}
    for at, told in entries.values_list("at", "after"):
        for name, number in _numbers(told).items():
            numbers[name] = numbers.get(name, 0) + number
            last[name] = at
    return [_line(term, numbers, last) for term in TERMS]


def _line(term: Term, numbers: Mapping[str, int], last: Mapping[str, datetime]) -> Line:
    dates = [last[name] for name in term.names if name in last]
    return Line(term, sum(numbers.get(name, 0) for name in term.names), max(dates, default=None))


def _numbers(told: object) -> dict[str, int]:
    if not isinstance(told, dict):
        return {}
    return {name: value for name, value in told.items() if type(value) is int}
