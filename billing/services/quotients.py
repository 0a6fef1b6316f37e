"""Note what a household proved of its quotient: a new one ends the former, what was invoiced stays as it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet

from billing.models import HouseholdTerms, Quotient
from billing.quotient_plans import Overlaps, after, former_of
from booking import documents
from booking.documents import Document
from lps.families.models import Household
from lps.families.queries.locks import lock_household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel.refusals import Refusal

FOLDER = "quotients"
# How long a document outlives what it proves.
DOCUMENT_KEPT = timedelta(days=365)


class QuotientRefused(ValueError):
    """`.refusal` says why: `order`, it ends before it begins; `overlap`, a later one already begins in it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotientSpec:
    """A quotient from a day to a last one, both included, None for no end; `proof` says what was shown.

    `document` is to be kept; `kept` is the name of one that is kept already.
    """

    value: Decimal
    since: date
    last_day: date | None = None
    proof: str = ""
    document: Document | None = None
    kept: str = ""


def set_quotient(
    *,
    household: Household,
    spec: QuotientSpec,
    by: Actor,
    at: datetime,
    channel: Channel = Channel.OFFICE,
) -> Quotient:
    """Note a quotient: one in force ends the eve, one of the same first day is replaced. Raises `QuotientRefused`.

    What replaces one without a document of its own keeps the document of the former.
    """
    until = after(spec.last_day)
    if until is not None and until <= spec.since:
        raise QuotientRefused("order")
    with documents.kept(spec.document, folder=FOLDER) as name, transaction.atomic():
        lock_household(household)
        rows = Quotient.objects.filter(household=household, valid_during__overlap=DateRange(spec.since, until))
        try:
            former = former_of(rows.order_by("valid_during"), since=spec.since, until=until)
        except Overlaps:
            raise QuotientRefused("overlap") from None
        before = told(former) if former else None
        document = ""
        if former and former.valid_during.lower == spec.since:
            document = former.document
            former.delete()
        elif former:
            former.valid_during = DateRange(former.valid_during.lower, spec.since)
            former.save(update_fields=["valid_during"])
        if spec.document or spec.kept:
            transaction.on_commit(partial(documents.forget, document))
            document = name or spec.kept
        made = Quotient.objects.create(
            household=household,
            value=spec.value,
            valid_during=DateRange(spec.since, until),
            proof=spec.proof,
            document=document,
            noted_at=at,
            noted_by=by.label,
        )
        HouseholdTerms.objects.filter(household=household).update(warned_at=None)
        _note("quotient_noted", household, by=by, channel=channel, before=before, after=told(made))
    return made


def forget_documents(rows: QuerySet[Quotient]) -> int:
    """Delete the documents of these quotients, once committed; returns how many."""
    names = list(rows.exclude(document="").order_by("pk").values_list("document", flat=True))
    Quotient.objects.filter(document__in=names).update(document="")
    for name in names:
        transaction.on_commit(partial(documents.forget, name))
    return len(names)


def set_residence(*, household: Household, resident: bool | None, by: Actor) -> None:
    """Say that a household is resident or not, or None to trust its postal code."""
    with transaction.atomic():
        lock_household(household)
        terms = HouseholdTerms.objects.filter(household=household).first() or HouseholdTerms(household=household)
        before = {"resident": terms.resident}
        if terms.resident != resident:
            terms.resident = resident
            terms.save()
            after = {"resident": resident}
            _note("residence_noted", household, by=by, channel=Channel.OFFICE, before=before, after=after)


def told(row: Quotient) -> dict[str, Any]:
    """A quotient as the journal tells it."""
    during = row.valid_during
    return {
        "quotient": str(row.value),
        "from": during.lower.isoformat() if during.lower else None,
        "ends_before": during.upper.isoformat() if during.upper else None,
        "proof": row.proof,
        "document": bool(row.document),
    }


def _note(action: str, household: Household, *, by: Actor, channel: Channel, before: Any, after: Any) -> None:
    record(by=by, channel=channel, action=action, subject=household.holder, before=before, after=after)
