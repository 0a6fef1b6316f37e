"""What a save did, line by line, as pages and receipts tell it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from booking import sentences
from booking.catalogue import Catalogue
from booking.models import JournalEntry, PeriodChoice, PreRegistration, Receipt
from booking.rules.planning import Change
from booking.services.saving import written_refusal
from lps.journal.channels import Channel
from lps.kernel.refusals import Refusal
from tenants import context


@dataclass(frozen=True, slots=True)
class Line:
    """A change as the recap writes it: "Annulation : Transport scolaire 16h30, lundi 13/10/2014"."""

    booked: bool
    activity: str
    day: date
    reason: str = ""

    @property
    def verb(self) -> str:
        return _("Réservation") if self.booked else _("Annulation")


@dataclass(frozen=True, slots=True)
class Skip:
    """A chosen day of a period on which nothing is held."""

    day: date
    why: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A period as it was chosen: "Accueil Matin : lundi, jeudi", and the days left out."""

    first_day: date
    last_day: date
    lines: Sequence[str]
    skipped: Sequence[Skip]


@dataclass(frozen=True, slots=True)
class Recap:
    """What a save did, shown above the planning; `receipt` is None when nothing changed."""

    receipt: Receipt | None
    changed: Sequence[Line]
    refused: Sequence[Line]
    chosen: Chosen | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.changed or self.refused or self.chosen)


def of_receipt(receipt: Receipt, facts: Catalogue, *, only: Collection[int] = ()) -> Recap:
    """What a receipt proves, read back: one statement beside the receipt's own. `only`: of these activities."""
    entries = receipt.entries.order_by("day", "pk")
    return Recap(
        receipt=receipt,
        changed=[line_of(entry) for entry in entries if not only or entry.activity_id in only],
        refused=refused_of(receipt, facts, only=only),
        chosen=_chosen(getattr(receipt, "period_choice", None), only),
    )


def without_receipt(refused: Sequence[tuple[Change, Refusal]], facts: Catalogue) -> Recap:
    """A save that changed nothing, with what it was refused."""
    return Recap(None, (), [_refused_line(written_refusal(*pair), facts) for pair in refused])


def refused_of(receipt: Receipt, facts: Catalogue, *, only: Collection[int] = ()) -> list[Line]:
    """What a save was refused, with the reasons."""
    return [_refused_line(one, facts) for one in receipt.refused if not only or one["activity"] in only]


def line_of(entry: JournalEntry) -> Line:
    """A change of the journal."""
    return Line(entry.after, entry.activity_name, entry.day)


def done_by(receipt: Receipt) -> str:
    """Who made the changes of a receipt, through which door and, at the counter, why."""
    return sentences.done_by(
        author=receipt.author,
        channel=Channel(receipt.channel),
        passed_over=receipt.passed_over,
        reason=receipt.reason,
    )


def chosen_lines(choice: PeriodChoice | PreRegistration, *, only: Collection[int] = ()) -> list[str]:
    """ "Accueil Matin : lundi, jeudi", an activity a line; of these alone when some are given."""
    shown = [line for line in choice.chosen if not only or line["activity"] in only]
    return [f"{line['name']}\u00a0: {sentences.weekday_names(line['weekdays'])}" for line in shown]


def _chosen(choice: PeriodChoice | None, only: Collection[int]) -> Chosen | None:
    lines = chosen_lines(choice, only=only) if choice else []
    if choice is None or (only and not lines):
        return None
    skipped = {(date.fromisoformat(skip["day"]), skip["why"]): None for skip in choice.skipped}
    return Chosen(
        first_day=choice.period.first_day,
        last_day=choice.period.last_day,
        lines=lines,
        skipped=[Skip(day, why) for day, why in sorted(skipped)],
    )


def _refused_line(written: Mapping[str, Any], facts: Catalogue) -> Line:
    """A refusal read back from where it is kept; the activity may have gone since."""
    activity = facts.activities.get(written["activity"])
    reason = sentences.refusal_sentence(
        written["code"], written["facts"], zone=context.current().zone, names=facts.activity_names
    )
    name = activity.name if activity else _("activité supprimée")
    return Line(written["wanted"], name, date.fromisoformat(written["day"]), reason)
