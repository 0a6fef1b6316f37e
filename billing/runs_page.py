"""What agents read of billing runs: the list, one run with its points and its drafts, one invoice."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from billing.balances import with_left
from billing.forms.runs import REFUSED
from billing.message_kinds import INVOICE
from billing.models import BillingRun, DraftInvoice, Invoice, RunWork
from billing.services import work
from billing.services.computing import named
from billing.services.held import UNFINISHED, WHOLE
from booking import catalogue
from lps.families.recipients import reached
from lps.kernel.text import sort_key
from lps.ui.templatetags.ui import day as day_text

State = BillingRun.State
STEPS = tuple(State)
# The point's sentence, and what mends it.
POINTS: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "no_payer": (_("Familles sans payeur"), _("Choisissez qui paie dans la fiche de la famille, puis recalculez.")),
    "no_address": (_("Familles sans adresse complète"), _("Complétez l'adresse de la famille, puis recalculez.")),
    "no_tariff": (
        _("Jours sans tarif, non facturés"),
        _("Donnez un tarif à l'activité pour ces jours si elle est payante, puis recalculez."),
    ),
    "unbooked_shared": (
        _("Présences non réservées, sans famille certaine"),
        _("L'enfant n'a pas de famille ce jour-là, ou il en a deux : elles ne sont pas facturées."),
    ),
    "not_called": (
        _("Jours sans pointage"),
        _("Ces activités se facturent sur le pointage : faites l'appel de ces jours, puis recalculez."),
    ),
    "to_examine": (_("Absences à examiner"), _("Répondez à la famille, puis recalculez.")),
    "unusual": (_("Montants inhabituels"), _("Vérifiez ces factures avant de valider.")),
    "negative": (_("Montants négatifs"), _("Ces familles recevront un avoir.")),
    "not_over": (_("Jours pas encore passés"), _("Ce qui change d'ici là demandera une correction.")),
}
# Why a worker did not do what was asked; what the run itself refuses is in `REFUSED`.
FAILED: Mapping[str, str | Promise] = {
    "internal": _(
        "Une erreur est survenue et rien n'a changé : réessayez. Si elle revient, prévenez votre fournisseur."
    ),
    "stopped": _("Le travail s'est arrêté trois fois et rien n'a changé : prévenez votre fournisseur."),
    **REFUSED,
}
_FAILS_FROM = {RunWork.Kind.COMPUTE: (State.DRAFT, State.CHECKED), RunWork.Kind.PUBLISH: (State.VALIDATED,)}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a worker is: how many of the families were looked at."""

    kind: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A work that was not done, and why."""

    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point to look at: how many, and the first of them with where each is mended."""

    sentence: str
    advice: str
    count: int
    rows: Sequence[tuple[str, str]]


def runs() -> QuerySet[BillingRun]:
    """All runs, the latest first, with how many invoices, what they ask, and whether a worker is at work on them."""
    works = RunWork.objects.filter(run=OuterRef("pk"), kind__in=WHOLE, state__in=UNFINISHED).order_by()
    rows = BillingRun.objects.select_related("cash_office").annotate(is_busy=Exists(works))
    return rows.annotate(issued=Count("invoices"), asked=Sum("invoices__total")).order_by("-pk")


def works_of(run: BillingRun) -> list[RunWork]:
    """What was asked of workers for a run: one statement."""
    return list(run.works.all())


def progress(works: Collection[RunWork]) -> Progress | None:
    """The work under way, if any."""
    for one in works:
        if one.kind in WHOLE and not one.is_over:
            return Progress(one.kind, work.progress(one), one.total)
    return None


def failure(run: BillingRun, works: Collection[RunWork]) -> Failure | None:
    """The work that failed and that the run still waits for, if any."""
    for one in works:
        if one.failure and run.state in _FAILS_FROM.get(RunWork.Kind(one.kind), ()):
            return Failure(one.kind, str(FAILED[one.failure]))
    return None


def _of_payer(asked: str) -> Q:
    """A payer's name as it is written, or the family's whatever its accents."""
    key, written = sort_key(asked), Q(payer_name__icontains=asked)
    return written | Q(household__name_sort__contains=key) if key else written


def drafts_of(run: BillingRun, asked: str) -> QuerySet[DraftInvoice]:
    """The drafts of a run, those of a payer's name when one is asked for."""
    return run.drafts.filter(_of_payer(asked)).order_by("household__name_sort", "pk")


def invoices_of(run: BillingRun, asked: str, *, unpaid: bool = False) -> QuerySet[Invoice]:
    """Its invoices, by number, those of a payer's name or of a number when one is asked for, or all not yet paid."""
    found = _of_payer(asked) | Q(number__icontains=asked)
    rows: Any = with_left(run.invoices.filter(found)).order_by("rank")
    shown: QuerySet[Invoice] = rows.filter(left__gt=0) if unpaid else rows
    return shown


def totals(run: BillingRun) -> dict[str, Any]:
    """How many invoices a draft run would make, how many credit notes, and the sums: one statement.

    `balanced` counts the families of a correction whose differences cancel each other.
    """
    return run.drafts.aggregate(
        balanced=Count("pk", filter=Q(total=0)),
        invoices=Count("pk", filter=Q(total__gt=0)),
        credits=Count("pk", filter=Q(total__lt=0)),
        asked=Sum("total", filter=Q(total__gt=0)),
        given=Sum("total", filter=Q(total__lt=0)),
    )


def reach(run: BillingRun) -> dict[str, int]:
    """How many families a publication writes to, and how many have no address that wants it: four statements."""
    homes = set(run.invoices.order_by().values_list("household", flat=True))
    written = len(reached(homes, INVOICE))
    return {"families": len(homes), "written_to": written, "unreachable": len(homes) - written}


def points(run: BillingRun) -> list[Point]:
    """What the last computation found, in words: the catalogue and two statements."""
    if not run.problems:
        return []
    households, children = named(run.problems)
    activities = catalogue.read().activity_names

    def row(told: dict[str, Any]) -> tuple[str, str]:
        words = (
            households.get(told.get("household", 0), ""),
            told.get("name", "") if "absence" in told else "",
            children.get(told.get("child", 0), ""),
            activities.get(told.get("activity", 0), ""),
            told.get("site", ""),
            day_text(date.fromisoformat(told["day"])) if "day" in told else "",
            told["amount"].replace(".", ",") + "\u00a0€" if "amount" in told else "",
        )
        return ", ".join(filter(None, words)), _where(told)

    return [
        Point(str(POINTS[one["code"]][0]), str(POINTS[one["code"]][1]), one["count"], [*map(row, one["rows"])])
        for one in run.problems
    ]


def _where(told: Mapping[str, Any]) -> str:
    """Where a point is mended."""
    if "service_day" in told:
        return reverse("booking_office:call", args=[told["service_day"]])
    if "absence" in told:
        return reverse("booking_office:absence", args=[told["absence"]])
    if "household" in told:
        return reverse("families_office:family", args=[told["household"]])
    return ""


def last_month(today: date) -> tuple[date, date]:
    """The first and the last day of the month before."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def month_label(day: date) -> str:
    """ "JANVIER 2012", without accents as invoices have always said it."""
    names: Iterable[str] = (
        _now("JANVIER"),
        _now("FEVRIER"),
        _now("MARS"),
        _now("AVRIL"),
        _now("MAI"),
        _now("JUIN"),
        _now("JUILLET"),
        _now("AOUT"),
        _now("SEPTEMBRE"),
        _now("OCTOBRE"),
        _now("NOVEMBRE"),
        _now("DECEMBRE"),
    )
    return f"{list(names)[day.month - 1]} {day.year}"
